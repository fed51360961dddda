"""
The pages of the consultation hour.

They show no client data: items are anonymous. Who opens these pages is written nowhere, because that would say when
somebody was about to ask (docs/decisions/0060); what becomes of a session stands in the audit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.domain.actor import Actor
from app.domain.consultation import (
    ANSWER_FORM,
    ITEM_FORM,
    Attendance,
    Hour,
    Item,
    ItemStatus,
    Member,
    Part,
    Session,
    SessionStatus,
    may_arrange,
    may_bring,
    may_lead,
    works_in,
)
from app.domain.errors import NotAllowed, NotFound
from app.domain.forms import FormDefinition, Option, Values
from app.domain.localized import LocalizedText
from app.engine.forms import Around
from app.published import around_form, choices_of, consultation_form
from app.storage.unit_of_work import UnitOfWork

#: sessions that are over stay on the page this long
SHOWN_AFTERWARDS = timedelta(days=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnItem:
    """An item that the person has brought: its session, and which in the queue it is (0 where it no longer waits)."""

    item: Item
    session: Session
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsultationPage:
    """What the hour of an area offers this person; `area_id` "" where no area of theirs holds it."""

    areas: Mapping[str, LocalizedText]
    area_id: str
    brings: bool = False
    leads: bool = False
    arranges: bool = False
    next_session: Session | None = None
    queue_length: int = 0
    places: int = 0
    own: tuple[OwnItem, ...] = ()
    sessions: tuple[Session, ...] = ()
    names: Mapping[int, str]
    item_form: FormDefinition | None = None
    answer_form: FormDefinition | None = None
    #: what the keys in an answer are called: roles and services
    choices: Mapping[str, Sequence[Option]] = field(default_factory=dict)


def consultation_page(uow: UnitOfWork, *, area_id: str, actor: Actor, now: datetime) -> ConsultationPage:
    """
    Return the page of the area's hour, or of the first where none is named.

    :raises NotFound: the area holds no hour, or not for this person
    """
    areas = _areas(uow, actor)
    if area_id and area_id not in areas:
        raise NotFound("consultation hour", area_id)
    area = area_id or next(iter(areas), "")
    if not area:
        return ConsultationPage(areas=areas, area_id="", names={})
    facilitators = {member.user_key for member in uow.consultation.members(area, Part.FACILITATOR)}
    leads = may_lead(actor, area_id=area, facilitators=facilitators)
    in_group = area in uow.consultation.areas_of_member(actor.user_key or 0)
    coming = uow.consultation.coming(area, after=now)
    shown = (
        uow.consultation.sessions([area], statuses=list(SessionStatus), since=now - SHOWN_AFTERWARDS)
        if leads or in_group
        else []
    )
    chairs = {key for each in (*shown, coming) if each for key in (each.facilitator_key, each.deputy_key) if key}
    answer_form = consultation_form(uow, ANSWER_FORM)
    return ConsultationPage(
        areas=areas,
        area_id=area,
        brings=may_bring(actor, with_physicians=uow.consultation.physicians_may_bring(area)) and works_in(actor, area),
        leads=leads,
        arranges=may_arrange(actor, area_id=area, facilitators=facilitators),
        next_session=coming,
        queue_length=uow.consultation_items.count_queue(coming.key) if coming else 0,
        places=uow.consultation.schedule(area).places,
        own=_own(uow, area, actor),
        sessions=tuple(shown),
        names=uow.accounts.names_of(chairs),
        item_form=consultation_form(uow, ITEM_FORM),
        answer_form=answer_form,
        choices=choices_of(uow, answer_form, area_id=area),
    )


def _areas(uow: UnitOfWork, actor: Actor) -> dict[str, LocalizedText]:
    """Return the areas whose hour concerns the person, with their names."""
    names = uow.reference.areas()
    mine = uow.consultation.areas_of_member(actor.user_key or 0)

    def concerns(hour: Hour) -> bool:
        return hour.area_id in mine or works_in(actor, hour.area_id)

    return {
        hour.area_id: names.get(hour.area_id, {"fi": hour.area_id})
        for hour in uow.consultation.hours()
        if concerns(hour)
    }


def _own(uow: UnitOfWork, area_id: str, actor: Actor) -> tuple[OwnItem, ...]:
    if actor.user_key is None:
        return ()
    items = uow.consultation_items.of_requester(actor.user_key, uow.consultation.living_secrets())
    sessions = {key: uow.consultation.session(key) for key in {item.session_key for item in items}}
    queues = {key: [each.key for each in uow.consultation_items.queue(key)] for key in sessions}
    found = [
        OwnItem(
            item=item,
            session=sessions[item.session_key],
            number=queues[item.session_key].index(item.key) + 1 if item.key in queues[item.session_key] else 0,
        )
        for item in items
        if sessions[item.session_key].area_id == area_id
    ]
    return tuple(sorted(found, key=lambda own: (own.session.starts_at, own.number), reverse=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class AskPage:
    """The form of an item with what it begins with, and the session that it would wait for."""

    form: FormDefinition
    around: Around
    known: Values
    session: Session | None
    queue_length: int
    places: int


def ask_page(uow: UnitOfWork, *, area_id: str, actor: Actor, profession: str, now: datetime) -> AskPage:
    """
    Return what the page of asking needs.

    :raises NotFound: the area holds no hour
    :raises NotAllowed: the actor brings no items there
    """
    if area_id not in {hour.area_id for hour in uow.consultation.hours()}:
        raise NotFound("consultation hour", area_id)
    with_physicians = uow.consultation.physicians_may_bring(area_id)
    if not may_bring(actor, with_physicians=with_physicians) or not works_in(actor, area_id):
        raise NotAllowed("consultation_bring")
    form = consultation_form(uow, ITEM_FORM)
    session = uow.consultation.coming(area_id, after=now)
    return AskPage(
        form=form,
        around=around_form(uow, form, case_key=None, area_id=area_id, now=now),
        known={"tuojan_ammatti": profession, "tuojan_org": actor.organisation_id},
        session=session,
        queue_length=uow.consultation_items.count_queue(session.key) if session else 0,
        places=uow.consultation.schedule(area_id).places,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Attending:
    """A member of the group: what they said beforehand, and whether they are there."""

    member: Member
    said: Attendance | None
    present: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPage:
    """The working screen of a session; without `leads` it can only be looked at."""

    session: Session
    leads: bool
    experts: tuple[Attending, ...]
    queue: tuple[Item, ...]
    answered: tuple[Item, ...]
    names: Mapping[int, str]
    organisations: Mapping[str, LocalizedText]
    minutes_each: int
    item_form: FormDefinition
    answer_form: FormDefinition
    around: Around

    @property
    def in_hand(self) -> Item | None:
        """The item that is dealt with now."""
        return next((item for item in self.queue if item.status is ItemStatus.IN_HAND), None)

    @property
    def waiting(self) -> tuple[Item, ...]:
        """The items that wait, in their order."""
        return tuple(item for item in self.queue if item.status is ItemStatus.WAITING)


def session_page(uow: UnitOfWork, *, session_key: int, actor: Actor, now: datetime) -> SessionPage:
    """
    Return the working screen of the session, for those who lead it and for the group.

    :raises NotFound: no such session
    :raises NotAllowed: the actor is not of the group
    """
    session = uow.consultation.session(session_key)
    leads = may_lead(actor, area_id=session.area_id, facilitators=uow.consultation.facilitators(session))
    if not leads and session.area_id not in uow.consultation.areas_of_member(actor.user_key or 0):
        raise NotAllowed("consultation_group")
    said = uow.consultation.attendance(session.key)
    items = uow.consultation_items.of_session(session.key)
    answer_form = consultation_form(uow, ANSWER_FORM)
    return SessionPage(
        session=session,
        leads=leads,
        experts=tuple(
            Attending(member=member, said=said.get(member.user_key, (None, False))[0], present=present)
            for member in uow.consultation.members(session.area_id, Part.EXPERT)
            for present in [said.get(member.user_key, (None, False))[1]]
        ),
        queue=tuple(item for item in items if item.status in (ItemStatus.WAITING, ItemStatus.IN_HAND)),
        answered=tuple(item for item in items if item.status is ItemStatus.ANSWERED),
        names=uow.accounts.names_of({key for key in (session.facilitator_key, session.deputy_key) if key}),
        organisations=dict(uow.accounts.organisations()),
        minutes_each=int(uow.consultation.schedule(session.area_id).per_item.total_seconds() // 60),
        item_form=consultation_form(uow, ITEM_FORM),
        answer_form=answer_form,
        around=around_form(uow, answer_form, case_key=None, area_id=session.area_id, now=now),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupPage:
    """Who may be chosen, and who is of the group of an area's hour now."""

    area_id: str
    remote_link: str
    people: tuple[tuple[int, str], ...]
    facilitators: tuple[int, ...]
    experts: tuple[int, ...]


def group_page(uow: UnitOfWork, *, area_id: str, actor: Actor) -> GroupPage:
    """
    Return the group of the area's hour.

    :raises NotFound: the area holds none
    :raises NotAllowed: it is not the actor's to arrange
    """
    hours = {hour.area_id: hour for hour in uow.consultation.hours()}
    if area_id not in hours:
        raise NotFound("consultation hour", area_id)
    members = uow.consultation.members(area_id)
    facilitators = tuple(member.user_key for member in members if member.part is Part.FACILITATOR)
    if not may_arrange(actor, area_id=area_id, facilitators=facilitators):
        raise NotAllowed("consultation_arrange")
    return GroupPage(
        area_id=area_id,
        remote_link=hours[area_id].remote_link,
        people=tuple(uow.accounts.people_of(area_id)),
        facilitators=facilitators,
        experts=tuple(member.user_key for member in members if member.part is Part.EXPERT),
    )
