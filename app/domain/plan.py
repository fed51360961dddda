"""The plan of a case: who does what by when, approved by the client (domain.md f_suunnitelma, P11)."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

#: the form that says it, where a diagram names no other
PLAN_FORM = "f_suunnitelma"
#: the client's answers with which a plan may be in force
APPROVALS = frozenset({"hyvaksyn", "hyvaksyn_muutoksin"})


class ActionState(enum.StrEnum):
    """How far an action is."""

    PLANNED = "suunniteltu"
    RUNNING = "kaynnissa"
    DONE = "valmis"
    INTERRUPTED = "keskeytynyt"
    REPLACED = "korvattu"

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes of it."""
        return self in (ActionState.DONE, ActionState.INTERRUPTED, ActionState.REPLACED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """
    A measure of the plan (toimenpide). `key` stays the same when a later version of the plan keeps the action.

    `person_key` is the user who answers for it, `organisation_id` theirs, "" where the client has it in their own hands
    because they have taken the organisation's permission back. One that does not run beside the others
    begins when `predecessor_key` is done. Texts are what the form asked, by question.
    """

    key: int
    position: int
    service_id: str
    organisation_id: str
    person_key: int | None
    starts_on: date
    ends_on: date | None
    review_on: date | None
    until_further_notice: bool
    parallel: bool
    predecessor_key: int | None
    state: ActionState = ActionState.PLANNED
    texts: Mapping[str, str] = field(default_factory=dict, repr=False)
    #: when it began and ended indeed, as far as it is known
    began_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def is_clients_own(self) -> bool:
        """Whether nobody but the client answers for it."""
        return not self.organisation_id

    @property
    def identity(self) -> tuple[str, str, str]:
        """What makes it the same action in a later version of the plan."""
        return (self.service_id, self.organisation_id, self.texts.get("toimenpide", "").strip().casefold())


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """
    A version of the plan that the client has approved; the newest is in force.

    `dropped` are actions of earlier versions that this one does not keep: what waits for them still finds them.
    """

    key: int
    case_key: int
    version: int
    approved_at: datetime
    actions: tuple[Action, ...]
    dropped: tuple[Action, ...] = ()


class UnreadablePlan(ValueError):
    """The answers make no plan; `code` says why, the text names the row, never an answer."""

    def __init__(self, code: str, row: int = 0) -> None:
        super().__init__(f"{code} in row {row}" if row else code)
        self.code = code


#: questions of a row that are texts
_TEXTS = ("toimenpide", "tavoite_viite", "toimintakaytanne", "lakiperuste", "mittari")


def read_plan(
    answers: Mapping[str, Any],
    *,
    key: int,
    case_key: int,
    earlier: Plan | None,
    new_key: Callable[[], int],
    now: datetime,
) -> Plan:
    """
    Return the plan that the answers of the form say, the version after `earlier`.

    An action that the earlier version had too (the same service, organisation and wording) keeps its key and, unless
    the form says another, its state. Other earlier actions that were not over are replaced. `edeltaja` of a row is the
    number of another row, from 1.

    :raises UnreadablePlan: the client has not approved it, or a row waits for one that is not there or for itself
    """
    if answers.get("asiakkaan_hyvaksynta") not in APPROVALS:
        raise UnreadablePlan("plan_not_approved")
    rows: Sequence[Mapping[str, Any]] = answers.get("toimenpiteet") or ()
    known = {action.identity: action for action in (earlier.actions if earlier else ())}
    read = [_action(row, number, known, new_key) for number, row in enumerate(rows, start=1)]
    actions = tuple(
        replace(action, predecessor_key=_predecessor(row, number, read))
        for number, (row, action) in enumerate(zip(rows, read, strict=True), start=1)
    )
    _check_order(actions)
    kept = {action.key for action in actions}
    left = [action for action in (earlier.actions if earlier else ()) if action.key not in kept]
    dropped = [action if action.state.is_over else replace(action, state=ActionState.REPLACED) for action in left]
    return Plan(
        key=key,
        case_key=case_key,
        version=earlier.version + 1 if earlier else 1,
        approved_at=now,
        actions=actions,
        dropped=(*(earlier.dropped if earlier else ()), *dropped),
    )


def _action(
    row: Mapping[str, Any], number: int, known: dict[tuple[str, str, str], Action], new_key: Callable[[], int]
) -> Action:
    starts_on = _date(row.get("alkaa"))
    if starts_on is None:
        raise UnreadablePlan("plan_row_without_start", number)
    person = str(row.get("vastuuhenkilo") or "")
    read = Action(
        key=0,
        position=number,
        service_id=str(row.get("palvelu") or ""),
        organisation_id=str(row.get("vastuuorg") or ""),
        person_key=int(person) if person.isdecimal() else None,
        starts_on=starts_on,
        ends_on=_date(row.get("valmis_viimeistaan")),
        review_on=_date(row.get("tarkistus_pvm")),
        until_further_notice=row.get("toistaiseksi") is True,
        parallel=row.get("rinnakkain") is not False,
        predecessor_key=None,
        texts={name: str(row[name]) for name in _TEXTS if row.get(name)},
    )
    # of two rows in the same words the first is the known one
    before = known.pop(read.identity, None)
    state = ActionState(row.get("tila") or (before.state if before else ActionState.PLANNED))
    return replace(read, key=before.key if before else new_key(), state=state)


def _predecessor(row: Mapping[str, Any], number: int, read: Sequence[Action]) -> int | None:
    wanted = str(row.get("edeltaja") or "").strip().rstrip(".")
    if row.get("rinnakkain") is not False or not wanted:
        return None
    if not wanted.isdecimal() or not 1 <= int(wanted) <= len(read) or int(wanted) == number:
        raise UnreadablePlan("plan_predecessor_unknown", number)
    return read[int(wanted) - 1].key


def _check_order(actions: Sequence[Action]) -> None:
    """Refuse actions that wait for each other: none of them would ever begin."""
    before = {action.key: action.predecessor_key for action in actions}
    for action in actions:
        seen, place = {action.key}, before[action.key]
        while place is not None:
            if place in seen:
                raise UnreadablePlan("plan_predecessor_circle", action.position)
            seen.add(place)
            place = before.get(place)


def _date(value: Any) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, str) and value:
        return date.fromisoformat(value)
    return value if isinstance(value, date) else None
