"""Lists of cases: those of a person and their unit, and what a search finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from app.domain.actor import Actor
from app.domain.client import Case, Client
from app.domain.localized import LocalizedText
from app.domain.sharing import DataGroup
from app.queries.access import log_reading, sight_of_case
from app.queries.cursors import read_cursor, write_cursor
from app.storage.unit_of_work import UnitOfWork

PAGE_SIZE = 50
#: what is shorter would find half of everybody
SHORTEST_SEARCH = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLine:
    """A case in a list; `client` only where it was looked for and may be shown."""

    case: Case
    owner_name: str
    unit_name: LocalizedText
    open_tasks: int = 0
    client: Client | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseList:
    """A page of cases."""

    lines: tuple[CaseLine, ...]
    next_cursor: str


def find_cases(uow: UnitOfWork, *, text: str, actor: Actor, now: datetime) -> list[CaseLine]:
    """
    Find cases by identity code, telephone or name among those that the actor may see; every hit shown is logged.

    At most 200 clients are looked at; refused ones are not shown and not counted. A search that shows nothing is a
    refused attempt in the log: for whom, where the identity code or the number was exactly somebody's.
    """
    if len(text.strip()) < SHORTEST_SEARCH:
        return []
    exact, case_keys = find_case_keys(uow, text=text, actor=actor)
    found: list[Case] = []
    for case_key in case_keys:
        sight = sight_of_case(uow, case_key=case_key, actor=actor, now=now)
        if DataGroup.BASIC in sight.groups:
            log_reading(
                uow, sight=sight, actor=actor, groups=[DataGroup.BASIC], purpose="search", now=now, action="search"
            )
            found.append(sight.case)
    if not found:
        log_vain_search(uow, exact, actor, now)
    lines = _lines(uow, found)
    with uow.care.seen_by(actor, now=now):
        clients = uow.care.clients.get_many({case.client_key for case in found})
    return [replace(line, client=clients[line.case.client_key]) for line in lines]


def find_case_keys(uow: UnitOfWork, *, text: str, actor: Actor) -> tuple[Sequence[int], list[int]]:
    """
    Return the clients whose code or number the text is exactly, and the cases of all clients whom it finds.

    What of it may be shown, and the log's line for it, are the caller's.
    """
    wanted = text.strip()
    if len(wanted) < SHORTEST_SEARCH:
        return [], []
    exact = uow.care.clients.find_exactly(wanted)
    by_name = uow.care.clients.keys_by_name(wanted, areas=actor.areas)
    clients = dict.fromkeys([*exact, *by_name])
    return exact, [case.key for client_key in clients for case in uow.care.cases.of_client(client_key)]


def log_vain_search(uow: UnitOfWork, exact: Sequence[int], actor: Actor, now: datetime) -> None:
    """Write that a search showed nothing: a refused attempt, for whom where the text was exactly somebody's."""
    whose: Sequence[int | None] = exact or [None]
    for client_key in whose:
        uow.access_log.add(
            actor=actor,
            action="refused",
            client_key=client_key,
            case_key=None,
            data_groups=[],
            purpose="search",
            ground="nothing_shown",
            now=now,
        )


def list_cases(uow: UnitOfWork, *, actor: Actor, number: str, status: str, after: str, now: datetime) -> CaseList:
    """Return the cases of the actor and of their unit, newest first; one with a number where they may see it."""
    if number:
        found = [
            case
            for case in uow.care.cases.find_by_number(number)
            if sight_of_case(uow, case_key=case.key, actor=actor, now=now).decisions
        ]
        return CaseList(lines=tuple(_lines(uow, found)), next_cursor="")
    cases = uow.care.cases.of_unit(
        owner_key=actor.user_key,
        unit_id=actor.unit_id,
        status=status,
        after=read_cursor(after),
        limit=PAGE_SIZE + 1,
    )
    shown = cases[:PAGE_SIZE]
    more = write_cursor(shown[-1].opened_at, shown[-1].key) if len(cases) > PAGE_SIZE else ""
    return CaseList(lines=tuple(_lines(uow, shown)), next_cursor=more)


def _lines(uow: UnitOfWork, cases: Sequence[Case]) -> list[CaseLine]:
    owners = uow.accounts.names_of({case.owner_key for case in cases if case.owner_key})
    units = uow.accounts.unit_names({case.unit_id for case in cases})
    tasks = uow.worklist.open_by_case([case.key for case in cases])
    return [
        CaseLine(
            case=case,
            owner_name=owners.get(case.owner_key or 0, ""),
            unit_name=units.get(case.unit_id, {}),
            open_tasks=tasks.get(case.key, 0),
        )
        for case in cases
    ]
