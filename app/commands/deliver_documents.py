"""The local job `deliver_documents`: what was written about the client, composed for each party that they named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.commands._case_job import locked_case, log_change
from app.commands.prepare_notification import county_name
from app.connectors.contract import GivenUp
from app.documents import Template, render
from app.documents.answer_lines import AnswerLines
from app.documents.rendering import MEDIA_TYPE
from app.domain.access import Grant, Ground, Purpose
from app.domain.calendar import local_date
from app.domain.client import Case, Client
from app.domain.consent import opens_now
from app.domain.disclosure import disclosed_to, given_answer, granted_groups, may_be_given
from app.domain.errors import NotFound
from app.domain.facts import Answer
from app.domain.forms import Field, FieldType, FormDefinition
from app.domain.keys import new_key
from app.domain.localized import in_language
from app.domain.sharing import DataGroup
from app.published import form_of, options_of
from app.storage.rows import Instance, Job
from app.storage.unit_of_work import UnitOfWork

#: header `template` -> the forms whose latest answers it holds
FORMS: Mapping[str, tuple[str, ...]] = {
    "saatelomake": ("f_saatelomake", "f_taustatiedot"),
    "lahete": ("f_lahete",),
    "poytakirja": ("f_tiimikokous",),
    "suunnitelma": ("f_suunnitelma",),
    "arvio": ("f_arvio",),
    "siirtolomake": ("f_tth_siirto",),
    "sosiaalinen_tilanne": ("f_sosiaalinen_tilanne",),
    "seurantayhteenveto": ("f_seuranta",),
}
#: never given: who the client is stands at the head, files are documents of their own
_NOT_GIVEN = frozenset({FieldType.FILE, FieldType.IDENTITY_CODE})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sent:
    """A form as it was sent last, with its answers by question."""

    form: FormDefinition
    answers: Mapping[str, Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Party:
    """An organisation that the client has named, and what it may be given."""

    organisation_id: str
    organisation_type: str
    groups: frozenset[DataGroup]


def deliver_documents(uow: UnitOfWork, instance: Instance, job: Job, now: datetime) -> Mapping[str, Any]:
    """
    Compose the document of the header `template` for each party with a live grant, and return how many: `toimitettu`.

    A party gets the answers of the groups that the client has opened to it and the table lets be given, masked as it
    would see them; one that would get nothing gets no document. It finds the document in the case, and each is logged
    as a disclosure. Header `forms` (ids with commas) takes the answers of other forms.

    :raises GivenUp: the job has no case, or there is no such template
    """
    case = locked_case(uow, instance)
    kind = job.headers.get("template", "")
    if kind not in FORMS:
        raise GivenUp("document_template_unknown", kind)
    named = [name.strip() for name in job.headers.get("forms", "").split(",") if name.strip()]
    sent = list(_sent(uow, case, named or FORMS[kind]))
    client = uow.care.clients.get(case.client_key)
    delivered = 0
    for party in _parties(uow, case, now):
        sections, groups = _sections(uow, case, client, sent, party)
        if sections:
            _keep(uow, case, client, party, kind=kind, sections=sections, groups=groups, now=now)
            delivered += 1
    return {"toimitettu": delivered}


def _sent(uow: UnitOfWork, case: Case, form_ids: list[str] | tuple[str, ...]) -> Iterator[_Sent]:
    for form_id in form_ids:
        answers = uow.care.answers.of_form(case.key, form_id)
        task_key = next((answer.task_key for answer in answers.values()), None)
        if task_key is None:
            continue
        try:
            form = form_of(uow, uow.tasks.get(task_key).definition_key, form_id)
        except NotFound:
            continue
        yield _Sent(form=form, answers=answers)


def _parties(uow: UnitOfWork, case: Case, now: datetime) -> list[_Party]:
    """Return the parties besides the organisation that holds the case: that one gives."""
    live: list[Grant] = list(opens_now(uow.care.cases.grants(case.key), at=now))
    # what the client has had restricted is not given to anybody
    restricted = uow.data_rights.restricted(case.key)
    live = [grant for grant in live if grant.data_group not in restricted]
    ids = {grant.organisation_id for grant in live} - {case.controller_organisation_id}
    types = uow.care.consents.organisation_types(ids)
    return [
        _Party(organisation_id=each, organisation_type=types[each], groups=granted_groups(live, each))
        for each in sorted(types)
    ]


def _sections(
    uow: UnitOfWork, case: Case, client: Client, sent: list[_Sent], party: _Party
) -> tuple[list[dict[str, Any]], set[DataGroup]]:
    language = client.needs.document_language
    lines = AnswerLines(language, lambda source: options_of(uow, source, area_id=case.area_id))
    sections, groups = [], set()
    for each in sent:
        told = []
        for asked in each.form.fields:
            found = _given(asked, each.answers, party)
            if found is not None:
                group, value = found
                told.append({"question": in_language(asked.label, language), "answer": lines.text(asked, value)})
                groups.add(group)
        if told:
            sections.append({"name": in_language(each.form.title, language), "lines": told})
    return sections, groups


def _given(asked: Field, answers: Mapping[str, Answer], party: _Party) -> tuple[DataGroup, Any] | None:
    answer = answers.get(asked.key)
    if answer is None or answer.value in (None, "", []) or asked.type in _NOT_GIVEN:
        return None
    # columns of a group that are of another data group are answers of their own, and stay behind
    group = answer.data_group
    if group not in party.groups or not may_be_given(
        group=group,
        controller_organisation_id=answer.controller_organisation_id,
        organisation_id=party.organisation_id,
        organisation_type=party.organisation_type,
    ):
        return None
    value = given_answer(
        asked.key,
        answer.value,
        group=group,
        organisation_id=party.organisation_id,
        organisation_type=party.organisation_type,
    )
    return None if value in (None, "", []) else (group, value)


def _keep(
    uow: UnitOfWork,
    case: Case,
    client: Client,
    party: _Party,
    *,
    kind: str,
    sections: list[dict[str, Any]],
    groups: set[DataGroup],
    now: datetime,
) -> None:
    language = client.needs.document_language
    controller = in_language(uow.care.places.organisation_name(case.controller_organisation_id), language)
    recipient = in_language(uow.care.places.organisation_name(party.organisation_id), language)
    latest = uow.care.consents.latest(case.key)
    knows_whom = DataGroup.BASIC in party.groups
    content = {
        "county": county_name(uow, area_id=case.area_id, language=language) or controller,
        "controller": controller,
        "reference": case.number,
        "date": local_date(now),
        "name": client.identity.name if knows_whom and client.identity.name else case.number,
        "recipient": recipient or party.organisation_id,
        "kind": kind,
        "sections": sections,
        "given_on": local_date(latest.given_at) if latest is not None else None,
    }
    try:
        document = render(Template.DISCLOSURE, language, content)
    except ValueError as error:
        raise GivenUp("document_incomplete", str(error)) from None
    uow.care.documents.add(
        key=new_key(),
        case_key=case.key,
        controller_organisation_id=case.controller_organisation_id,
        document_class=disclosed_to(party.organisation_id),
        data_groups=groups,
        title=f"{document.title}: {content['recipient']}",
        media_type=MEDIA_TYPE,
        content=document.pdf,
        language=document.language,
        created_by=None,
        now=now,
    )
    log_change(
        uow,
        case,
        groups,
        now,
        action="disclosed",
        purpose=f"{Purpose.DISCLOSURE}:{party.organisation_id}",
        ground=Ground.CONSENT,
    )
