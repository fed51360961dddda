"""
A copy of everything that is kept of a client, for the client (R-21; GDPR art. 15, 20).

Once for machines (JSON with the documents beside it) and once as a letter in the client's language. A client gets all
of their own data, a representative what the mandate covers, a worker who fetches it for the client what is in their
own register; each case that is copied stands in the access log.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from app.documents import Template, render
from app.documents.answer_lines import AnswerLines
from app.domain.actor import Actor
from app.domain.calendar import local_date
from app.domain.client import Client
from app.domain.comments import Comment
from app.domain.forms import OptionSource
from app.domain.localized import in_language
from app.domain.sharing import DataGroup
from app.domain.support_people import SupportPerson, Told
from app.locale import Texts
from app.published import options_of
from app.queries.access import Sight, log_reading, sight_of_case
from app.queries.case_documents import DocumentContent
from app.queries.case_rights import own_pairs
from app.queries.known_forms import KnownForms
from app.storage.answers import KeptAnswer
from app.storage.documents import StoredDocument
from app.storage.unit_of_work import UnitOfWork

#: name and version of the written form, for programs that read it
FORMAT, VERSION = "kykypolku-data-copy", 1
_PDF = "application/pdf"
_ZIP = "application/zip"
_SUFFIXES = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg", "text/plain": "txt"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """What is copied of one case; only what the reader may see as theirs is here."""

    sight: Sight
    pairs: frozenset[tuple[DataGroup, str]]
    answers: tuple[KeptAnswer, ...] = field(repr=False)
    comments: tuple[Comment, ...] = field(repr=False)
    documents: tuple[StoredDocument, ...] = field(repr=False)

    @property
    def groups(self) -> frozenset[DataGroup]:
        """The data groups that are copied."""
        return frozenset(group for group, _ in self.pairs)


def copy_for_machines(
    uow: UnitOfWork, *, client_key: int, case_keys: Collection[int], actor: Actor, now: datetime
) -> DocumentContent:
    """
    Return a ZIP file with `tiedot.json` and the documents, and log what is copied.

    JSON: dates and moments are ISO 8601, moments in UTC; codes are those of the forms and of reference data, and the
    question of each answer stands beside it in Finnish, Swedish and English.

    :raises NotFound: no such client or case
    """
    client, cases = _read(uow, client_key, case_keys, actor, now)
    forms = KnownForms(uow)
    content = {
        "format": FORMAT,
        "version": VERSION,
        "made_at": now.isoformat(),
        "client": _client(client) if _knows(cases, actor) else None,
        "support_people": [
            {
                "name": each.name,
                "relation": each.relation,
                "phone": each.phone,
                "email": each.email,
                "told": sorted(each.told),
                "consented_on": each.consented_on,
                "ended_at": each.ended_at,
            }
            for each in _support(uow, client_key, cases, actor)
        ],
        "cases": [_case(uow, case, forms) for case in cases],
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        # the moment of the copy, not of the machine
        archive.writestr(_entry("tiedot.json", now), json.dumps(content, ensure_ascii=False, indent=1, default=_plain))
        for case in cases:
            for document in case.documents:
                archive.writestr(_entry(_file_name(document), now), uow.care.documents.content(document.key))
    return DocumentContent(key=client_key, media_type=_ZIP, content=made.getvalue())


def copy_as_letter(
    uow: UnitOfWork, *, client_key: int, case_keys: Collection[int], actor: Actor, language: str, now: datetime
) -> DocumentContent:
    """
    Return the same as a PDF in the language, and log what is copied; documents are named and not repeated.

    :raises NotFound: no such client or case
    """
    client, cases = _read(uow, client_key, case_keys, actor, now)
    letter = _Letter(uow, language)
    knows = _knows(cases, actor)
    sections = letter.client(client) if knows else []
    sections += letter.support(_support(uow, client_key, cases, actor))
    for case in cases:
        sections += letter.case(case)
    newest = cases[0].sight.case if cases else None
    controller = newest.controller_organisation_id if newest else client.controller_organisation_id
    named = in_language(uow.care.places.organisation_name(controller), language) or controller
    reference = newest.number if newest else ""
    county = uow.reference.values("area", area_id=client.area_id, ids=["hyvinvointialue"]).get("hyvinvointialue")
    document = render(
        Template.DATA_COPY,
        language,
        {
            "county": in_language(county, language) if isinstance(county, Mapping) else named,
            "controller": named,
            "reference": reference,
            "date": local_date(now),
            "name": client.identity.name if knows and client.identity.name else reference,
            "sections": sections,
        },
    )
    return DocumentContent(key=client_key, media_type=_PDF, content=document.pdf)


def _read(
    uow: UnitOfWork, client_key: int, case_keys: Collection[int], actor: Actor, now: datetime
) -> tuple[Client, list[_Case]]:
    cases = []
    for case_key in case_keys:
        sight = sight_of_case(uow, case_key=case_key, actor=actor, now=now)
        pairs = frozenset(sight.decisions) if actor.client_key is not None else own_pairs(sight)
        if not pairs or sight.case.client_key != client_key:
            continue
        with uow.care.seen_by(actor, now=now):
            answers = uow.care.answers.history(case_key, visible=pairs)
            comments = uow.comments.of_case(case_key, visible=pairs)
            documents = [
                document
                for document in uow.care.documents.of_case(case_key)
                if {(group, document.controller_organisation_id) for group in document.data_groups} <= pairs
            ]
        case = _Case(
            sight=sight,
            pairs=pairs,
            answers=tuple(answers),
            comments=tuple(comments),
            documents=tuple(documents),
        )
        # a worker prints it for the client; it goes to no other system
        action = "export" if actor.client_key is not None else "print"
        log_reading(uow, sight=sight, actor=actor, groups=case.groups, purpose="data_copy", now=now, action=action)
        cases.append(case)
    cases.sort(key=lambda case: case.sight.case.opened_at, reverse=True)
    return uow.care.clients.get(client_key), cases


def _knows(cases: Sequence[_Case], actor: Actor) -> bool:
    """Tell whether the copy says who the client is."""
    if actor.client_key is not None and actor.mandate is None:
        return True
    return any(DataGroup.BASIC in case.groups for case in cases)


def _support(uow: UnitOfWork, client_key: int, cases: Sequence[_Case], actor: Actor) -> list[SupportPerson]:
    """Return who supports the client: to the client all of them, to a worker those of the own register."""
    if not _knows(cases, actor):
        return []
    return uow.support_people.of_client(
        client_key, controllers=None if actor.client_key is not None else {actor.organisation_id}
    )


# -- for machines ------------------------------------------------------------------------------------------------------


def _client(client: Client) -> dict[str, Any]:
    identity, needs = client.identity, client.needs
    return {
        "name": identity.name,
        "identity_code": identity.identity_code,
        "foreign_code": identity.foreign_code,
        "foreign_country": identity.foreign_country,
        "birth_date": identity.birth_date,
        "phone": identity.phone,
        "email": identity.email,
        "representative": identity.representative,
        "language": needs.language,
        "sign_language": needs.sign_language,
        "interpreter": needs.interpreter,
        "protected_address": needs.protected_address,
    }


def _case(uow: UnitOfWork, copied: _Case, forms: KnownForms) -> dict[str, Any]:
    case, key = copied.sight.case, copied.sight.case.key
    plan = uow.care.plans.in_force(key) if DataGroup.PLAN in copied.groups else None
    knows = DataGroup.BASIC in copied.groups
    return {
        "number": case.number,
        "controller": case.controller_organisation_id,
        "opened_at": case.opened_at,
        "closed_at": case.closed_at,
        "outcome": case.outcome,
        "source": case.source,
        "answers": [_answer(kept, forms) for kept in copied.answers],
        "comments": [
            {
                "data_group": str(each.data_group),
                "controller": each.controller_organisation_id,
                "written_at": each.at,
                "text": each.text,
            }
            for each in copied.comments
        ],
        "consents": [
            {
                "decision": str(consent.decision),
                "method": str(consent.method),
                "given_by": consent.giver,
                "purpose": consent.purpose,
                "limits": consent.limits,
                "given_at": consent.given_at,
                "valid_until": consent.valid_until,
                "withdrawn_at": consent.withdrawn_at,
            }
            for consent in (uow.care.consents.of_case(key) if knows else ())
        ],
        "grants": [
            {
                "organisation": grant.organisation_id,
                "data_group": str(grant.data_group),
                "valid_from": grant.valid_from,
                "valid_until": grant.valid_until,
                "withdrawn_at": grant.withdrawn_at,
            }
            for grant in uow.care.cases.grants(key)
            if grant.data_group in copied.groups
        ],
        "plan": None
        if plan is None
        else {
            "version": plan.version,
            "approved_at": plan.approved_at,
            "actions": [
                {
                    "service": action.service_id,
                    "organisation": action.organisation_id,
                    "starts_on": action.starts_on,
                    "ends_on": action.ends_on,
                    "review_on": action.review_on,
                    "state": str(action.state),
                    "texts": dict(action.texts),
                }
                for action in (*plan.actions, *plan.dropped)
            ],
        },
        "measures": [
            {"occasion": each.occasion, "measured_on": each.measured_on, "scores": dict(each.scores)}
            for each in (uow.care.measures.of_case(key) if DataGroup.MEASURE in copied.groups else ())
        ],
        "appointments": [
            {"kind": each.kind, "starts_at": each.starts_at, "ends_at": each.ends_at, "status": str(each.status)}
            for each in (uow.care.appointments.of_case(key) if knows else ())
        ],
        "documents": [
            {
                "file": _file_name(document),
                "title": document.title,
                "created_at": document.created_at,
                "sha256": document.sha256,
                "data_groups": sorted(str(group) for group in document.data_groups),
            }
            for document in copied.documents
        ],
        # facts of every group go into a decision, so that its record is of the strictest
        "decisions": [
            {
                "decision": each.decision_id,
                "at": each.at,
                "inputs": each.inputs,
                "output": each.output,
                "matched_rules": each.matched_rules,
            }
            for each in (uow.care.decisions.of_case(key) if DataGroup.HEALTH in copied.groups else ())
        ],
        "requests": [
            {
                "kind": str(request.kind),
                "data_group": str(request.data_group),
                "text": request.text,
                "asked_at": request.asked_at,
                "status": str(request.status),
                "answer": request.answer,
            }
            for request in uow.data_rights.of_client(case.client_key)
            if request.case_key == key and request.data_group in copied.groups
        ],
        "corrections": [
            {"subject": each.subject, "before": each.before, "after": each.after, "at": each.at}
            for each in uow.data_rights.corrections(key, groups=copied.groups)
        ],
        "statutes": [
            {
                "by": each.user_name,
                "statute": each.statute.number,
                "data_groups": sorted(each.statute.groups),
                "reason": each.reason,
                "from": each.opened_at,
                "until": each.ends_at,
            }
            for each in uow.statutes.of_case(key)
            if each.statute.groups <= copied.groups
        ],
    }


def _answer(kept: KeptAnswer, forms: KnownForms) -> dict[str, Any]:
    asked = forms.question(kept.answer)
    return {
        "form": kept.answer.form_id,
        "field": kept.answer.field,
        "question": dict(asked[1].label) if asked is not None else {},
        "data_group": str(kept.answer.data_group),
        "controller": kept.answer.controller_organisation_id,
        "answered_at": kept.answer.answered_at,
        "value": kept.answer.value,
        "is_latest": kept.is_latest,
    }


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, (date, datetime)) else str(value)


def _file_name(document: StoredDocument) -> str:
    return f"asiakirjat/{document.key}.{_SUFFIXES.get(document.media_type, 'bin')}"


def _entry(name: str, now: datetime) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, date_time=(now.year, now.month, now.day, now.hour, now.minute, now.second))
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


# -- as a letter -------------------------------------------------------------------------------------------------------


class _Letter:
    """Sections of questions and answers, in one language."""

    def __init__(self, uow: UnitOfWork, language: str) -> None:
        self._uow = uow
        self._language = language
        self._texts = Texts.load(language)
        self._forms = KnownForms(uow)

    def client(self, client: Client) -> list[dict[str, Any]]:
        """Return who the client is."""
        identity, needs = client.identity, client.needs
        named: dict[str, Any] = {
            "name": identity.name,
            "identity_code": identity.identity_code,
            "foreign_code": identity.foreign_code,
            "foreign_country": identity.foreign_country,
            "birth_date": identity.birth_date,
            "phone": identity.phone,
            "email": identity.email,
            "representative": identity.representative,
            "language": self._language_name(needs.language),
            "sign_language": needs.sign_language,
            "interpreter": needs.interpreter,
            "protected_address": needs.protected_address,
        }
        lines = [
            {"question": self._say(f"client.{name}"), "answer": self._word(value)}
            for name, value in named.items()
            if value not in (None, "")
        ]
        return [{"name": self._say("who"), "lines": lines}]

    def support(self, people: Sequence[SupportPerson]) -> list[dict[str, Any]]:
        """Return who supports the client, with what they may be told."""
        lines = [
            {
                "question": f"{each.name} ({each.relation})",
                "answer": ", ".join(
                    text
                    for text in (
                        each.phone,
                        each.email,
                        *(self._texts(f"support.told.{told}") for told in Told if told in each.told),
                    )
                    if text
                )
                or self._word(each.consented_on),
            }
            for each in people
        ]
        return [{"name": self._texts("support.title"), "lines": lines}] if lines else []

    def _language_name(self, code: str) -> str:
        row = self._uow.reference.values("language", ids=[code]).get(code, {})
        return in_language(row.get("name", {}), self._language) or code

    def case(self, copied: _Case) -> list[dict[str, Any]]:
        """Return what is kept in the case: its course, answers form by form, permissions, plan, measures, documents."""
        case = copied.sight.case
        lines = [self._line("opened", case.opened_at)]
        if case.closed_at is not None:
            lines.append(self._line("closed", case.closed_at))
        sections = [{"name": self._say("case", number=case.number), "lines": lines}]
        sections += self._answers(copied)
        sections += [
            {"name": f"{case.number}: {self._say(name)}", "lines": found}
            for name, found in (
                ("permissions", self._grants(copied)),
                ("plan", self._plan(copied)),
                ("measures", self._measures(copied)),
                ("appointments", self._appointments(copied)),
                ("comments", [self._titled(each.text, each.at) for each in copied.comments]),
                ("documents", [self._titled(each.title, each.created_at) for each in copied.documents]),
            )
            if found
        ]
        return sections

    def _answers(self, copied: _Case) -> list[dict[str, Any]]:
        area_id = copied.sight.case.area_id

        def options(source: OptionSource) -> Any:
            return options_of(self._uow, source, area_id=area_id)

        written = AnswerLines(self._language, options)
        sections: dict[tuple[str, datetime], dict[str, Any]] = {}
        for kept in copied.answers:
            answer = kept.answer
            asked = self._forms.question(answer)
            if asked is None or answer.value in (None, "", []):
                continue
            form, question = asked
            title = in_language(form.title, self._language)
            section = sections.setdefault(
                (answer.form_id, answer.answered_at),
                {"name": self._say("form", form=title, day=self._word(local_date(answer.answered_at))), "lines": []},
            )
            section["lines"].append(
                {
                    "question": in_language(question.label, self._language),
                    "answer": written.text(question, answer.value),
                }
            )
        return list(sections.values())

    def _grants(self, copied: _Case) -> list[dict[str, str]]:
        lines = []
        for grant in self._uow.care.cases.grants(copied.sight.case.key):
            if grant.data_group in copied.groups:
                name = self._uow.care.places.organisation_name(grant.organisation_id)
                until = grant.withdrawn_at or grant.valid_until
                group = self._texts(f"data_group.{grant.data_group}")
                lines.append(
                    {
                        "question": in_language(name, self._language) or grant.organisation_id,
                        "answer": self._say("grant", group=group, until=self._word(local_date(until))),
                    }
                )
        return lines

    def _plan(self, copied: _Case) -> list[dict[str, str]]:
        plan = self._uow.care.plans.in_force(copied.sight.case.key) if DataGroup.PLAN in copied.groups else None
        return [
            {
                "question": self._word(action.starts_on),
                "answer": "\n".join(text for text in action.texts.values() if isinstance(text, str) and text),
            }
            for action in (plan.actions if plan is not None else ())
        ]

    def _measures(self, copied: _Case) -> list[dict[str, str]]:
        measured = self._uow.care.measures.of_case(copied.sight.case.key) if DataGroup.MEASURE in copied.groups else []
        return [
            {
                "question": self._word(each.measured_on),
                "answer": "; ".join(
                    f"{self._texts(f'measure.{name}')}: {score}"
                    for name, score in each.scores.items()
                    if score is not None
                ),
            }
            for each in measured
        ]

    def _appointments(self, copied: _Case) -> list[dict[str, str]]:
        if DataGroup.BASIC not in copied.groups:
            return []
        found = self._uow.care.appointments.of_case(copied.sight.case.key)
        return [self._titled(self._texts(f"appointment_kind.{each.kind}"), each.starts_at) for each in found]

    def _titled(self, title: str, at: datetime) -> dict[str, str]:
        return {"question": self._word(local_date(at)), "answer": title}

    def _line(self, name: str, at: datetime) -> dict[str, str]:
        return {"question": self._say(name), "answer": self._word(local_date(at))}

    def _word(self, value: Any) -> str:
        if isinstance(value, bool):
            return self._texts("forms.yes" if value else "forms.no")
        if isinstance(value, date):
            return f"{value.day}.{value.month}.{value.year}"
        return str(value)

    def _say(self, name: str, **values: str) -> str:
        return self._texts(f"documents.{Template.DATA_COPY}.{name}", **values)
