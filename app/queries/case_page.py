"""The case page: one client's matter as this person may see it; what is hidden is said to be hidden."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from app.domain.access import Ground
from app.domain.actor import Actor, may_complete
from app.domain.client import Case, Client
from app.domain.comments import Comment
from app.domain.errors import Concealed, NotAllowed
from app.domain.facts import Answer
from app.domain.forms import Option
from app.domain.localized import LocalizedText
from app.domain.masking import may_know_process, may_see_appointment, may_see_course, shown_outcome, shown_source
from app.domain.sharing import DataGroup
from app.domain.statutes import Naming
from app.domain.support_people import SupportPerson
from app.published import choices_of_fields
from app.queries.access import Sight, log_reading, sight_of_case
from app.queries.answers_by_law import AnswerByLaw, answers_by_law
from app.queries.case_course import Drawn, HistoryLine, Offer, case_offers, case_timeline, drawn_process
from app.queries.case_decisions import may_see_decisions
from app.queries.case_documents import may_open
from app.queries.case_records import CaseRecords, case_records, kept_groups, why_hidden
from app.queries.catalogue import startable_processes
from app.queries.comments import case_comments
from app.queries.same_client import SameClient, same_clients
from app.queries.support_people import live_support
from app.storage.appointments import Appointment
from app.storage.documents import StoredDocument
from app.storage.monitor import InstanceFilters, InstanceLine
from app.storage.unit_of_work import UnitOfWork
from app.storage.worklist import TaskLine


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage:
    """Everything that the page of one case shows to this person."""

    case: Case
    outcome: str
    client: Client | None = field(repr=False)
    owner_name: str
    unit_name: LocalizedText
    hidden: tuple[DataGroup, ...]
    #: hidden data groups in which the case has something, each with the reason (a key of the texts)
    hidden_with_content: Mapping[DataGroup, str]
    records: CaseRecords
    #: other open cases that may be of the same client
    same_client: tuple[SameClient, ...]
    answers: Mapping[DataGroup, tuple[Answer, ...]] = field(repr=False)
    instances: tuple[InstanceLine, ...]
    tasks: tuple[TaskLine, ...]
    appointments: tuple[Appointment, ...]
    documents: tuple[StoredDocument, ...]
    timeline: tuple[HistoryLine, ...]
    drawn: tuple[Drawn, ...]
    offers: tuple[Offer, ...]
    #: whether the client is served in the actor's own register, who then keep the mandates of representatives
    is_own_client: bool = False
    #: whether there is something that the actor may start in the case
    can_start: bool = False
    #: until when the viewer sees more than they may otherwise: they have opened the case in an emergency
    emergency_until: datetime | None = None
    #: grounds in law that the viewer has named for reading the case
    namings: tuple[Naming, ...] = ()
    #: who supports the client, and what they may be told
    support: tuple[SupportPerson, ...] = field(default=(), repr=False)
    #: what these laws open, answer by answer
    by_law: tuple[AnswerByLaw, ...] = field(default=(), repr=False)
    law_choices: Mapping[str, Sequence[Option]] = field(default_factory=dict)
    may_see_decisions: bool = False
    #: data groups, of those that are shown, whose use the client has had restricted
    restricted: tuple[DataGroup, ...] = ()
    comments: tuple[Comment, ...] = field(default=(), repr=False)
    #: whether it is the viewer's to follow, and not theirs by a task only
    follows: bool = False


def case_page(uow: UnitOfWork, *, case_key: int, actor: Actor, now: datetime) -> CasePage:
    """
    Return the case as the actor may see it, and log what is read.

    Who is let in only because a task of theirs is open, or because their own organisation has written something, sees
    that, the case's number and who answers for it: not which pathways the client is on, nor what of them there is
    elsewhere (R-04).

    :raises NotFound: no such case
    :raises Concealed: it is not for this person
    """
    sight, tasks = _open(uow, case_key=case_key, actor=actor, now=now, only_shows=True)
    knows = DataGroup.BASIC in sight.groups
    with uow.care.seen_by(actor, now=now):
        answers = _answers(uow, sight)
        records = case_records(uow, sight=sight, actor=actor, now=now)
        client = uow.care.clients.get(sight.case.client_key) if knows else None
        appointments = uow.care.appointments.of_case(case_key) if DataGroup.BASIC in sight.by_right else []
        documents = [
            document
            for document in (uow.care.documents.of_case(case_key) if sight.decisions else ())
            if may_open(document, sight, actor)
        ]
    comments = case_comments(uow, sight=sight, actor=actor, now=now)
    by_law = answers_by_law(uow, sight=sight, answers=answers, actor=actor)
    groups = {
        *answers,
        *(comment.data_group for comment in comments),
        *records.groups,
        *({DataGroup.BASIC} if knows else ()),
    }
    log_reading(uow, sight=sight, actor=actor, groups=groups, purpose=f"case:{case_key}", now=now)
    serves = DataGroup.BASIC in sight.by_right and sight.case.is_open
    same = same_clients(uow, client, actor=actor, now=now) if client is not None and serves else ()
    owner = sight.case.owner_key
    kind = actor.organisation_type
    instances = [
        line
        for line in uow.monitor.instances(InstanceFilters(case_key=case_key), after=None, limit=100)
        if may_know_process(line.process_id, organisation_type=kind)
    ]
    if not follows_case(sight, actor):
        instances = []
    told = [line for line in instances if may_see_course(organisation_type=kind, own=line.unit_id == actor.unit_id)]
    kept = {group for group, _ in uow.care.answers.groups_and_controllers(case_key)} | kept_groups(uow, case_key)
    units = uow.accounts.unit_names([sight.case.unit_id])
    # what is opened in an emergency is read and nothing else
    is_emergency = sight.emergency_until is not None
    reads_only = is_emergency or (_by_law_only(sight) and not tasks and not follows_case(sight, actor))
    return CasePage(
        case=replace(sight.case, source=shown_source(sight.case.source, organisation_type=kind)),
        outcome=shown_outcome(sight.case.outcome, organisation_type=kind) if follows_case(sight, actor) else "",
        client=client,
        owner_name=uow.accounts.names_of([owner]).get(owner, "") if owner else "",
        unit_name=units.get(sight.case.unit_id, {}),
        hidden=sight.hidden,
        hidden_with_content={
            group: why_hidden(sight, group, actor=actor, now=now) for group in sight.hidden if group in kept
        }
        if follows_case(sight, actor)
        else {},
        records=records,
        same_client=same,
        answers=answers,
        instances=tuple(instances),
        tasks=tuple(tasks),
        appointments=tuple(item for item in appointments if may_see_appointment(item.status, organisation_type=kind)),
        documents=tuple(documents),
        timeline=tuple(case_timeline(uow, told)),
        drawn=tuple(drawn_process(uow, instance) for instance in told if instance.status == "active"),
        is_own_client=knows and sight.groups[DataGroup.BASIC].ground is Ground.OWN_REGISTER,
        offers=() if reads_only else tuple(case_offers(uow, case_key, actor, instances)),
        can_start=bool(sight.by_right) and not is_emergency and _can_start(uow, sight.case, actor),
        emergency_until=sight.emergency_until,
        namings=sight.namings,
        support=live_support(uow, sight) if knows else (),
        by_law=by_law,
        law_choices=choices_of_fields(uow, [each.asked for each in by_law], area_id=sight.case.area_id),
        may_see_decisions=may_see_decisions(sight),
        restricted=tuple(group for group in DataGroup if group in sight.restricted and group not in sight.hidden),
        comments=comments,
        follows=follows_case(sight, actor),
    )


def ensure_open_to(uow: UnitOfWork, *, case_key: int, actor: Actor, now: datetime) -> None:
    """
    Check that the actor may open the page of the case, before they do anything there.

    :raises NotFound: no such case
    :raises Concealed: it is not for this person
    """
    _open(uow, case_key=case_key, actor=actor, now=now)


def _open(
    uow: UnitOfWork, *, case_key: int, actor: Actor, now: datetime, only_shows: bool = False
) -> tuple[Sight, list[TaskLine]]:
    """
    Let in those who may see one of the case's data groups, its owner, and those who have a task in it.

    Owning ends with the case: what the owner may see of a closed one they see by their role.
    """
    if actor.user_key is None:
        raise NotAllowed("case")
    sight = sight_of_case(
        uow, case_key=case_key, actor=actor, now=now, with_emergency=only_shows, with_statutes=only_shows
    )
    tasks = [line for line in uow.worklist.of_case(case_key, actor.user_key) if _concerns(uow, line, actor)]
    if not sight.decisions and not tasks and not follows_case(sight, actor):
        raise Concealed("case", case_key, case_key=case_key)
    return sight, tasks


def follows_case(sight: Sight, actor: Actor) -> bool:
    """Tell whether the case is the actor's to follow: they see something of its register, or answer for it."""
    return bool(sight.by_right) or (sight.case.is_open and sight.case.owner_key == actor.user_key)


def _by_law_only(sight: Sight) -> bool:
    """Tell whether nothing but laws that the viewer has named opens anything: for reading, and for nothing else."""
    return {decision.ground for decision in sight.decisions.values()} == {Ground.STATUTE}


def _can_start(uow: UnitOfWork, case: Case, actor: Actor) -> bool:
    return case.is_open or bool(startable_processes(uow, actor=actor, within_case=True, after_case=True))


def _concerns(uow: UnitOfWork, line: TaskLine, actor: Actor) -> bool:
    return may_complete(actor, task=uow.tasks.get(line.key).restriction)


def _answers(uow: UnitOfWork, sight: Sight) -> dict[DataGroup, tuple[Answer, ...]]:
    if not sight.decisions:
        return {}
    latest = uow.care.answers.latest(sight.case.key, visible=sight.visible)
    grouped: dict[DataGroup, list[Answer]] = {}
    for answer in latest.values():
        if answer.data_group is not None and answer.value is not None:
            grouped.setdefault(answer.data_group, []).append(answer)
    return {group: tuple(items) for group, items in grouped.items()}
