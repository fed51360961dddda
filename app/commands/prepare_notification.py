"""What the job `send_notification` needs from the database before the mail goes out: to whom, in which language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from app.commands.accessibility_feedback import feedback_of
from app.commands.anonymous_answers import invite_to_feedback, make_ticket
from app.commands.client_sign_in import make_client_link
from app.commands.close_case import TOLD
from app.commands.open_emergency import OPENING
from app.commands.survey_jobs import survey_of
from app.connectors.contract import GivenUp
from app.connectors.mail import Audience, Notice, Recipient
from app.domain.access import Ground, Purpose
from app.domain.actor import SYSTEM
from app.domain.client import Case
from app.domain.consultation import FACILITATOR_ROLE, PROFESSIONS
from app.domain.errors import NotFound
from app.domain.keys import parse_key
from app.domain.localized import LANGUAGES, in_language
from app.domain.retention import PROTECTION_ROLES
from app.domain.sharing import DataGroup
from app.domain.surveys import FEEDBACK_FORM
from app.storage.places import Addressee
from app.storage.rows import Job, Task
from app.storage.unit_of_work import UnitOfWork


def prepare_notification(uow: UnitOfWork, job: Job, now: datetime) -> Notice:
    """
    Return whom the notification of the job goes to.

    A client's mail with the header `form` f_asiakaspalaute carries a link to that form, answered anonymously.

    Headers: `notification` (n_...), `recipient` = client (default), assignee, owner, role, concerned or named,
    `role` for the role. Named are the users whose keys the variable `kerrotaan` holds, nobody without it. Concerned
    are the owner and those who serve the client in the organisations that the variable `perutut_tahot` names: who
    has or had a task of the case, or answers for an action of its plan. The consultation hour of the area has
    consultation_group and consultation_everybody (the group and all who may bring items). A survey is everybody of
    the hours of the round `kysely_id`, each with an anonymous link unless the header `link` is "none": who has
    answered nobody knows, so all are reminded, and a second link would be a second answer. With the header `task`,
    the element id of a user task that is open in the instance, the assignee is that task's and the task's own
    candidate groups are told beside the role (rule X2): those of the instance's unit, or of the area where nobody
    in the unit has the role. Without it the assignee is the user whose key the variable `assignee` holds.
    Feedback is who gave the feedback `palaute_id`: they get its answer. Reviewers are the data protection officers who
    review the opening in an emergency `avaus_id`. Nobody to write to, or no address, is no
    fault: the notice then goes to no one and the process goes on.

    :raises GivenUp: the headers make no sense
    """
    instance = uow.monitor.find_instance(job.instance_key)
    case_key = None if instance is None else instance.case_key
    case = None if case_key is None else uow.care.cases.get(case_key)
    area_id = case.area_id if case is not None else (instance.area_id if instance is not None else "")
    audience = job.headers.get("recipient", "client")
    match audience:
        case "client":
            recipients = _client(uow, case, job.headers.get("form", ""), now)
        case "concerned":
            recipients = _staff(uow.care.places.workers(_concerned(uow, job, case)))
        case "named":
            recipients = _staff(uow.care.places.workers(_named(job)))
        case "owner":
            recipients = _staff(uow.care.places.workers([case.owner_key] if case and case.owner_key else []))
        case "assignee":
            recipients = _staff(uow.care.places.workers(_assignees(uow, job)))
        case "role":
            unit_id = instance.unit_id if instance is not None and job.headers.get("task") else ""
            recipients = _staff(_workers_in_roles(uow, job, area_id=area_id, unit_id=unit_id))
        case "consultation_group" | "consultation_everybody":
            recipients = _staff(_of_consultation(uow, area_id, everybody=audience == "consultation_everybody"))
        case "survey" | "feedback" | "reviewers":
            recipients = _NAMED_BY_VARIABLE[audience](uow, job)
        case _:
            raise GivenUp("notification_headers_invalid", f"recipient {audience}")
    return Notice(
        notification=job.headers.get("notification", ""),
        recipients=recipients,
        county={language: county_name(uow, area_id=area_id, language=language) for language in LANGUAGES},
        # staff are told the number of the case only: what it is about stands behind the sign-in
        case_number=case.number if case is not None and audience != "client" else "",
        message=feedback_of(uow, job).answer if audience == "feedback" else "",
    )


def _concerned(uow: UnitOfWork, job: Job, case: Case | None) -> list[int]:
    if case is None:
        raise GivenUp("job_without_case")
    named = job.variables.get("perutut_tahot")
    serving = uow.care.places.serving(case.key, organisation_ids=named if isinstance(named, list) else [])
    return [*serving, *([case.owner_key] if case.owner_key else [])]


def _named(job: Job) -> list[int]:
    named = job.variables.get(TOLD)
    keys = [parse_key(str(each)) for each in (named if isinstance(named, list) else [])]
    return [key for key in keys if key is not None]


def _open_tasks(uow: UnitOfWork, job: Job) -> list[Task]:
    named = job.headers.get("task")
    return [task for task in uow.tasks.open_of(job.instance_key) if task.element_id == named] if named else []


def _assignees(uow: UnitOfWork, job: Job) -> list[int]:
    if job.headers.get("task"):
        return [task.assignee for task in _open_tasks(uow, job) if task.assignee is not None]
    key = parse_key(str(job.variables.get("assignee") or ""))
    return [] if key is None else [key]


def _workers_in_roles(uow: UnitOfWork, job: Job, *, area_id: str, unit_id: str) -> list[Addressee]:
    roles = [job.headers.get("role", ""), *(role for task in _open_tasks(uow, job) for role in task.candidate_groups)]
    told: dict[int, Addressee] = {}
    for role in dict.fromkeys(roles):
        near = uow.care.places.workers_in_role(role, area_id=area_id, unit_id=unit_id)
        for worker in near or uow.care.places.workers_in_role(role, area_id=area_id):
            told.setdefault(worker.user_key, worker)
    return list(told.values())


def _of_consultation(uow: UnitOfWork, area_id: str, *, everybody: bool) -> list[Addressee]:
    """Return the group of the area's consultation hour, or all who may bring items: nobody learns who has."""
    group = uow.consultation.members(area_id)
    told = {worker.user_key: worker for worker in uow.care.places.workers({member.user_key for member in group})}
    for role in (*PROFESSIONS, FACILITATOR_ROLE) if everybody else ():
        for worker in uow.care.places.workers_in_role(role, area_id=area_id):
            told.setdefault(worker.user_key, worker)
    return list(told.values())


def _of_survey(uow: UnitOfWork, job: Job) -> tuple[Recipient, ...]:
    """Return everybody of the consultation hours of the round's area, or of all; each with a link of their own."""
    survey = survey_of(uow, job)
    areas = [survey.area_id] if survey.area_id else [hour.area_id for hour in uow.consultation.hours()]
    told: dict[int, Addressee] = {}
    for area_id in areas:
        told |= {worker.user_key: worker for worker in _of_consultation(uow, area_id, everybody=True)}
    with_link = job.headers.get("link") != "none"
    return tuple(
        Recipient(
            address=worker.email,
            language=worker.language,
            audience=Audience.STAFF,
            answer_token=make_ticket(uow, survey) if with_link else "",
        )
        for worker in told.values()
    )


def _of_feedback(uow: UnitOfWork, job: Job) -> tuple[Recipient, ...]:
    """Return who gave the feedback `palaute_id` and left an address; nobody where they did not."""
    feedback = feedback_of(uow, job)
    if not feedback.address:
        return ()
    return (Recipient(address=feedback.address, language=feedback.language, audience=Audience.VISITOR),)


def _of_reviewers(uow: UnitOfWork, job: Job) -> tuple[Recipient, ...]:
    """Return who reviews the opening `avaus_id`; the mail says nothing of it."""
    try:
        opening = uow.emergencies.get(parse_key(str(job.variables.get(OPENING) or "")) or 0)
    except NotFound:
        raise GivenUp("emergency_unknown") from None
    concerned = {opening.organisation_id, opening.controller_organisation_id}
    officers = uow.care.places.workers_of(PROTECTION_ROLES, organisation_ids=concerned)
    return _staff([officer for officer in officers if officer.user_key != opening.user_key])


#: audiences that a variable of the process names
_NAMED_BY_VARIABLE: Mapping[str, Callable[[UnitOfWork, Job], tuple[Recipient, ...]]] = {
    "survey": _of_survey,
    "feedback": _of_feedback,
    "reviewers": _of_reviewers,
}


def county_name(uow: UnitOfWork, *, area_id: str, language: str) -> str:
    """Return the county's name in the language (area setting `hyvinvointialue`), or "" where nobody has set it."""
    name = uow.reference.context(["alue.hyvinvointialue"], area_id=area_id)["alue"]["hyvinvointialue"]
    return in_language(name, language) if isinstance(name, Mapping) else str(name or "")


def _client(uow: UnitOfWork, case: Case | None, form_id: str, now: datetime) -> tuple[Recipient, ...]:
    if case is None:
        raise GivenUp("job_without_case")
    if form_id not in ("", FEEDBACK_FORM):
        raise GivenUp("notification_headers_invalid", f"form {form_id}")
    client = uow.care.clients.get(case.client_key)
    if not client.identity.email:
        return ()
    uow.access_log.add(
        actor=SYSTEM,
        action="read",
        client_key=client.key,
        case_key=case.key,
        data_groups=[DataGroup.BASIC],
        purpose=Purpose.CARE,
        ground=Ground.OWN_REGISTER,
        now=now,
    )
    # a mail with an anonymous link carries none that says who somebody is
    feedback = form_id == FEEDBACK_FORM
    return (
        Recipient(
            address=client.identity.email,
            language=client.needs.document_language,
            audience=Audience.CLIENT,
            link_secret="" if feedback else make_client_link(uow, client=client, now=now),
            answer_token=invite_to_feedback(uow, area_id=case.area_id, now=now) if feedback else "",
        ),
    )


def _staff(addressees: list[Addressee]) -> tuple[Recipient, ...]:
    return tuple(
        Recipient(address=worker.email, language=worker.language, audience=Audience.STAFF) for worker in addressees
    )
