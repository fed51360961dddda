"""The local job `write_document`: print a document for the client from the records of the case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from app.commands.prepare_notification import county_name
from app.connectors.contract import GivenUp
from app.documents import Template, render
from app.documents.rendering import MEDIA_TYPE
from app.domain.access import Ground, Purpose
from app.domain.actor import SYSTEM
from app.domain.calendar import local_date, local_midnight
from app.domain.client import Case, Client
from app.domain.errors import NotFound
from app.domain.facts import Answer
from app.domain.keys import new_key, parse_key
from app.domain.localized import in_language
from app.domain.masking import PARTNER, may_send_letter, shown_party
from app.domain.sharing import DataGroup
from app.locale import Texts
from app.published import form_of
from app.storage.appointments import Appointment
from app.storage.rows import Instance, Job
from app.storage.unit_of_work import UnitOfWork

#: a report holds no more lines than this, the newest
_MOST_LOG_LINES = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sources:
    """What a document is written from."""

    uow: UnitOfWork
    instance: Instance
    job: Job
    case: Case
    client: Client
    language: str


def write_document(uow: UnitOfWork, instance: Instance, job: Job, now: datetime) -> Mapping[str, Any]:
    """
    Print the document of the header `template` in the client's language, keep it, and return its key.

    A document for the client holds the client's own data only, from the register of the case's controller; what a
    worker writes down to be told to the client (what permission is asked for, what the case came to) is taken from
    every register. The same job never writes twice.

    :raises GivenUp: there is no such template, no case, or something that the document needs is not known
    """
    written = uow.care.documents.of_job(job.key)
    if written is not None:
        return {"asiakirja_id": str(written)}
    if instance.case_key is None:
        raise GivenUp("job_without_case")
    template = next((each for each in _WRITERS if each == job.headers.get("template", "")), None)
    if template is None:
        raise GivenUp("document_template_unknown", str(job.headers.get("template")))
    case = uow.care.cases.get(instance.case_key)
    client = uow.care.clients.get(case.client_key)
    if template is Template.UNREACHED_LETTER and not may_send_letter(protected=client.needs.protected_address):
        raise GivenUp("letter_to_protected_address")
    sources = _Sources(
        uow=uow, instance=instance, job=job, case=case, client=client, language=client.needs.document_language
    )
    key = _print(sources, template, now)
    return {"asiakirja_id": str(key)}


def _print(sources: _Sources, template: Template, now: datetime) -> int:
    uow, case = sources.uow, sources.case
    named = uow.care.places.organisation_name(case.controller_organisation_id)
    controller = in_language(named, sources.language) or case.controller_organisation_id
    compose, groups = _WRITERS[template]
    content = {
        "county": county_name(uow, area_id=case.area_id, language=sources.language) or controller,
        "controller": controller,
        "reference": case.number,
        "date": local_date(now),
        "name": sources.client.identity.name or case.number,
    }
    try:
        document = render(template, sources.language, content | compose(sources))
    except ValueError as error:
        raise GivenUp("document_incomplete", str(error)) from None
    key = new_key()
    uow.care.documents.add(
        key=key,
        case_key=case.key,
        controller_organisation_id=case.controller_organisation_id,
        document_class=template,
        data_groups=groups,
        title=document.title,
        media_type=MEDIA_TYPE,
        content=document.pdf,
        language=document.language,
        job_key=sources.job.key,
        created_by=None,
        now=now,
    )
    uow.access_log.add(
        actor=SYSTEM,
        action="print",
        client_key=case.client_key,
        case_key=case.key,
        data_groups=groups,
        purpose=Purpose.CARE,
        ground=Ground.OWN_REGISTER,
        now=now,
    )
    return key


def _booking(sources: _Sources) -> dict[str, Any]:
    key = parse_key(str(sources.job.variables.get("ajanvaraus_id") or ""))
    booked = next((item for item in sources.uow.care.appointments.of_case(sources.case.key) if item.key == key), None)
    if booked is None:
        raise GivenUp("appointment_unknown")
    unit = sources.uow.care.places.unit_name(booked.unit_id)
    return {
        "kind": booked.kind,
        "starts_at": booked.starts_at,
        "ends_at": booked.ends_at,
        "place": in_language(unit, sources.language) or booked.unit_id,
    }


def _plan(sources: _Sources) -> dict[str, Any]:
    answers = _answers(sources, ("omat_askeleet", "materiaali", "ketka_tukevat", "palaa_jos", "tarkistus_pvm"))
    values = {field: answer.value for field, answer in answers.items()}
    duty = sources.uow.reference.context(["alue.paivystysnumero"], area_id=sources.case.area_id)["alue"]
    return {
        "steps": [{"what": step.get("askel"), "when": step.get("koska")} for step in values.get("omat_askeleet") or []],
        "materials": _labels(sources, answers["materiaali"]) if values.get("materiaali") else [],
        "supporters": values.get("ketka_tukevat"),
        "contact_if": values.get("palaa_jos"),
        "check": values.get("tarkistus_pvm"),
        "urgent_phone": duty["paivystysnumero"],
    }


def _summary(sources: _Sources) -> dict[str, Any]:
    fields = ("toimintakykykooste", "voimavarat", "tyo_johon_pystyy", "tyon_muokkaus")
    answers = _answers(sources, fields, only=frozenset({DataGroup.FUNCTIONAL_SUMMARY}))
    values = {field: answer.value for field, answer in answers.items()}
    summary = values.get("toimintakykykooste")
    return {
        "summary": summary,
        "resources": values.get("voimavarat"),
        "suitable_work": values.get("tyo_johon_pystyy"),
        "adaptation": values.get("tyon_muokkaus"),
        # the question asks for the summary that the client allows to be shared: writing one is the approval
        "approved_on": local_date(answers["toimintakykykooste"].answered_at) if summary else None,
    }


def _comparison(sources: _Sources) -> dict[str, Any]:
    """The first and the latest measure, with the words that dmn_kykyviisari_muutos found for each."""
    measured = [each for each in sources.uow.care.measures.of_case(sources.case.key) if each.may_be_used]
    found = _told(sources, ("kykyviisari_muutos",))
    changes = found["kykyviisari_muutos"].value if "kykyviisari_muutos" in found else None
    if not measured or not changes:
        return {}
    first, last = measured[0], measured[-1]
    measures = []
    for change in changes:
        name = change["mitta"]
        lowest, highest = (
            (0, 10) if name.endswith("_0_10") else (last.scores["asteikko_min"], last.scores["asteikko_max"])
        )
        measures.append(
            {
                "measure": name,
                "before": first.scores[name],
                "after": last.scores[name],
                "lowest": lowest,
                "highest": highest,
                "change": change["muutos"],
            }
        )
    return {"first_on": first.measured_on, "last_on": last.measured_on, "measures": measures}


def _follow_up(sources: _Sources) -> dict[str, Any]:
    """How far the plan came, and what the case came to as it was judged together."""
    values = {field: answer for field, answer in _told(sources, ("lopputulos",)).items() if answer.value}
    plan = sources.uow.care.plans.in_force(sources.case.key)
    actions = () if plan is None else plan.actions
    until = sources.job.variables.get("tyopaikkatuki_paattyy")
    return {
        "outcome": _outcome_name(sources.uow, values["lopputulos"].value, sources.language) if values else None,
        "actions": [{"what": each.texts.get("toimenpide", ""), "state": str(each.state)} for each in actions],
        "workplace_support": until if isinstance(until, date) else None,
    }


def _consent(sources: _Sources) -> dict[str, Any]:
    """What the client is asked to allow, as the worker has written it down (z2)."""
    asked = ("tarkoitus", "osapuolet", "tietoryhmat", "voimassa_asti")
    values = {field: answer.value for field, answer in _told(sources, asked).items()}
    return {
        "purpose": values.get("tarkoitus"),
        "parties": [_organisation(sources, party) for party in values.get("osapuolet") or ()] or None,
        "groups": [_group_name(sources, group) for group in values.get("tietoryhmat") or ()] or None,
        "until": _day(values.get("voimassa_asti")),
    }


def _log_period(sources: _Sources) -> dict[str, Any]:
    values = {field: answer.value for field, answer in _answers(sources, ("alkaen_pvm", "paattyen_pvm")).items()}
    return {"since": _day(values.get("alkaen_pvm")), "until": _day(values.get("paattyen_pvm"))}


def _log_report(sources: _Sources) -> dict[str, Any]:
    """Who has used the client's data in the period, in the organisations asked for (R-10)."""
    period = _log_period(sources)
    wanted = _answers(sources, ("yksikot",)).get("yksikot")
    organisations = set(wanted.value or ()) if wanted is not None else set()
    since, until = period["since"], period["until"]
    if since is None or until is None:
        return period
    begins, ends = local_midnight(since), local_midnight(until + timedelta(days=1))
    found = sources.uow.access_log.of_client(sources.client.key, since=begins, after=None, limit=_MOST_LOG_LINES)
    lines = [
        {
            "at": line.at,
            "who": _organisation(sources, line.organisation_id),
            # whatever was done by it, the client is told of the emergency first
            "what": Ground.EMERGENCY if Ground.EMERGENCY in line.ground.split(",") else line.action,
            "groups": [_group_name(sources, group) for group in line.groups],
        }
        for line in found
        if line.at < ends and (not organisations or line.organisation_id in organisations)
    ]
    return period | {"lines": lines}


def _log_refusal(sources: _Sources) -> dict[str, Any]:
    """The decision that a person has made, with its reasons."""
    reason = _told(sources, ("kiellon_perustelu",)).get("kiellon_perustelu")
    return _log_period(sources) | {"reason": None if reason is None else reason.value}


def _invitation(sources: _Sources) -> dict[str, Any]:
    """When and where the team meets, and whom the client has agreed to (f_kutsulista)."""
    variables, case = sources.job.variables, sources.case
    key = parse_key(str(variables.get("tiimi_aika_id") or ""))
    booked = next((item for item in sources.uow.care.appointments.of_case(case.key) if item.key == key), None)
    begins = booked.starts_at if booked is not None else variables.get("tiimi_alkaa")
    agreed = _told(sources, ("kutsuttavat",)).get("kutsuttavat")
    rows = agreed.value if agreed is not None and isinstance(agreed.value, list) else []
    names = dict(sources.uow.accounts.roles())
    roles = dict.fromkeys(row.get("rooli") for row in rows if isinstance(row, dict) and row.get("asiakas_hyvaksyy"))
    return {
        "starts_at": datetime.fromisoformat(begins) if isinstance(begins, str) else begins,
        "place": _place(sources, booked),
        # the sheet lies on tables: it names no contact that others may not know of
        "invited": [
            Texts.load(sources.language)(f"access.masked.{PARTNER}")
            if shown_party(role, organisation_type="") == PARTNER
            else in_language(names.get(role, {}), sources.language) or role
            for role in roles
            if role
        ],
    }


def _place(sources: _Sources, booked: Appointment | None) -> str:
    """Where the team meets: the unit of the booked time, else what the area says."""
    if booked is not None:
        unit = sources.uow.care.places.unit_name(booked.unit_id)
        return in_language(unit, sources.language) or booked.unit_id
    area = sources.uow.reference.context(["alue.tiimin_paikka"], area_id=sources.case.area_id)["alue"]
    texts, key = Texts.load(sources.language), f"documents.place.{area['tiimin_paikka']}"
    return texts(key if key in texts else "documents.place.agreed")


def _day(value: Any) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _organisation(sources: _Sources, organisation_id: str) -> str:
    named = sources.uow.care.places.organisation_name(organisation_id)
    return in_language(named, sources.language) or organisation_id


def _group_name(sources: _Sources, group: str) -> str:
    row = sources.uow.reference.values("data_group", ids=[group]).get(group, {})
    return in_language(row.get("name", {}), sources.language) or group


def _outcome_name(uow: UnitOfWork, outcome: str, language: str) -> str:
    """Return the name of an end state of a case in the language, its code where nobody has named it."""
    row = uow.reference.values("outcome", ids=[outcome]).get(outcome, {})
    return in_language(row.get("name", {}), language) or outcome


def _answers(
    sources: _Sources, fields: tuple[str, ...], *, only: frozenset[DataGroup] = frozenset(DataGroup)
) -> Mapping[str, Answer]:
    visible = {(group, sources.case.controller_organisation_id) for group in only}
    return sources.uow.care.answers.latest(sources.case.key, fields=fields, visible=visible)


def _told(sources: _Sources, fields: tuple[str, ...]) -> Mapping[str, Answer]:
    """Return what is written down to be told to the client, by whichever organisation's worker."""
    return sources.uow.care.answers.latest(sources.case.key, fields=fields, visible=None)


def _labels(sources: _Sources, answer: Answer) -> list[str]:
    """Return the chosen options as the form names them; one that the form does not know stays as it is."""
    chosen = answer.value if isinstance(answer.value, list) else [answer.value]
    called = sources.job.called_process_key
    # the forms of the process that writes the document count; it may have been called
    definition_key = (
        sources.instance.definition_key if called is None else sources.uow.called_processes.get(called).definition_key
    )
    try:
        form = form_of(sources.uow, definition_key, answer.form_id)
        options = form.field_at((answer.field,)).options
    except (NotFound, KeyError):
        options = ()
    labels = {option.value: in_language(option.label, sources.language) for option in options}
    return [labels.get(value, str(value)) for value in chosen]


def _letter(sources: _Sources) -> dict[str, Any]:  # noqa: ARG001  # says nothing but that we tried (rule X5)
    return {}


_WRITERS: Mapping[Template, tuple[Callable[[_Sources], dict[str, Any]], tuple[DataGroup, ...]]] = {
    Template.BOOKING_CONFIRMATION: (_booking, (DataGroup.BASIC,)),
    Template.SELF_CARE_PLAN: (_plan, (DataGroup.BASIC, DataGroup.PLAN)),
    Template.FUNCTIONAL_SUMMARY: (_summary, (DataGroup.BASIC, DataGroup.FUNCTIONAL_SUMMARY)),
    Template.UNREACHED_LETTER: (_letter, (DataGroup.BASIC,)),
    Template.MEASURE_COMPARISON: (_comparison, (DataGroup.BASIC, DataGroup.MEASURE)),
    Template.FOLLOW_UP_SUMMARY: (_follow_up, (DataGroup.BASIC, DataGroup.PLAN)),
    Template.CONSENT_FORM: (_consent, (DataGroup.BASIC,)),
    Template.LOG_REPORT: (_log_report, (DataGroup.BASIC,)),
    Template.LOG_REFUSAL: (_log_refusal, (DataGroup.BASIC,)),
    Template.INVITATION: (_invitation, (DataGroup.BASIC,)),
}
