"""What is kept of a client, shown to themselves: documents, whom they let see what, who has looked at their data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.domain.access import Grant, Ground, Purpose
from app.domain.actor import CLIENT_ROLE, REPRESENTATIVE_ROLE, Actor
from app.domain.disclosure import SET_ASIDE
from app.domain.localized import LocalizedText
from app.domain.sharing import DataGroup
from app.queries.access import log_reading, sight_of_case
from app.queries.cursors import read_cursor, write_cursor
from app.storage.documents import StoredDocument
from app.storage.logs import AccessLine
from app.storage.unit_of_work import UnitOfWork

#: how far back the page goes by itself; older lines are asked for in writing (R-10)
LOG_PERIOD = timedelta(days=2 * 365 + 1)
PAGE_SIZE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnGrants:
    """What one organisation may see, until when; a grant that has ended says when."""

    organisation_name: LocalizedText
    groups: tuple[DataGroup, ...]
    valid_until: datetime
    withdrawn_at: datetime | None
    is_live: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """Somebody looked at the client's data: who, in which roles, from where, what, why, on what ground."""

    at: datetime
    who: str
    #: the client or who acts for them
    is_own: bool
    role_names: tuple[LocalizedText, ...]
    organisation_name: LocalizedText
    action: str
    groups: tuple[DataGroup, ...]
    purpose: str
    grounds: tuple[Ground, ...]
    #: numbers of the laws that the reader has named
    statutes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLog:
    """A page of the log, the newest line first."""

    lines: tuple[LogLine, ...] = field(repr=False)
    since: datetime
    next_cursor: str


def own_documents(uow: UnitOfWork, *, actor: Actor, now: datetime) -> list[StoredDocument]:
    """Return the documents of the client's cases, the newest first, and log what is read."""
    found: list[StoredDocument] = []
    for case_key in sorted(actor.case_keys):
        sight = sight_of_case(uow, case_key=case_key, actor=actor, now=now)
        with uow.care.seen_by(actor, now=now):
            documents = uow.care.documents.of_case(case_key) if sight.decisions else []
        shown = [
            document
            for document in documents
            if document.document_class != SET_ASIDE
            and {(group, document.controller_organisation_id) for group in document.data_groups} <= sight.visible
        ]
        read = {group for document in shown for group in document.data_groups}
        log_reading(uow, sight=sight, actor=actor, groups=read, purpose="", now=now)
        found += shown
    return sorted(found, key=lambda document: (document.created_at, document.key), reverse=True)


def own_grants(uow: UnitOfWork, *, actor: Actor, now: datetime) -> list[OwnGrants]:
    """Return whom the client has let see what, live grants first; a representative sees the mandate's groups."""
    found: list[OwnGrants] = []
    for case_key in sorted(actor.case_keys):
        grants = [grant for grant in uow.care.cases.grants(case_key) if _within(actor, grant.data_group)]
        together: dict[tuple[str, datetime, datetime | None], list[Grant]] = {}
        for grant in grants:
            together.setdefault((grant.organisation_id, grant.valid_until, grant.withdrawn_at), []).append(grant)
        for (organisation_id, valid_until, withdrawn_at), same in together.items():
            found.append(
                OwnGrants(
                    organisation_name=uow.care.places.organisation_name(organisation_id),
                    groups=tuple(group for group in DataGroup if group in {grant.data_group for grant in same}),
                    valid_until=valid_until,
                    withdrawn_at=withdrawn_at,
                    is_live=any(grant.is_live(at=now) for grant in same),
                )
            )
        if grants:
            _log(uow, actor, case_key, {grant.data_group for grant in grants}, now)
    return sorted(found, key=lambda item: (item.is_live, item.valid_until), reverse=True)


def own_log(uow: UnitOfWork, *, actor: Actor, after: str, now: datetime) -> OwnLog:
    """
    Return who has looked at the client's data in the last two years, and log that they asked.

    Refused attempts have shown nothing to anybody and are left to the data protection officer; what the client looked
    at in person is no news to them. A representative sees the lines of the mandate's groups.
    """
    if actor.client_key is None:
        return OwnLog(lines=(), since=now, next_cursor="")
    since = now - LOG_PERIOD
    lines = uow.access_log.of_client(actor.client_key, since=since, after=read_cursor(after), limit=PAGE_SIZE + 1)
    page = lines[:PAGE_SIZE]
    more = write_cursor(page[-1].at, page[-1].key) if len(lines) > PAGE_SIZE else ""
    shown = [line for line in page if actor.mandate is None or actor.mandate & set(line.groups)]
    names = uow.accounts.names_of({line.user_key for line in shown if line.user_key is not None})
    roles = dict(uow.accounts.roles())
    organisations = {name: uow.care.places.organisation_name(name) for name in {line.organisation_id for line in shown}}
    _log(uow, actor, None, (), now)
    return OwnLog(
        lines=tuple(_line(line, actor, names, roles, organisations) for line in shown), since=since, next_cursor=more
    )


def _line(
    line: AccessLine,
    actor: Actor,
    names: Mapping[int, str],
    roles: Mapping[str, LocalizedText],
    organisations: Mapping[str, LocalizedText],
) -> LogLine:
    # a statute comes with its number: "statute:381/2023"
    grounds = dict(text.partition(":")[::2] for text in line.ground.split(","))
    is_own = bool({CLIENT_ROLE, REPRESENTATIVE_ROLE} & set(line.roles))
    return LogLine(
        at=line.at,
        who="" if is_own else names.get(line.user_key or 0, ""),
        is_own=is_own,
        role_names=tuple(roles[role] for role in line.roles if role in roles),
        organisation_name=organisations[line.organisation_id],
        action=line.action,
        groups=tuple(group for group in DataGroup if group in line.groups and _within(actor, group)),
        purpose=line.purpose.partition(":")[0],
        grounds=tuple(Ground(text) for text in grounds if text in set(Ground) and text),
        statutes=tuple(number for number in grounds.values() if number),
    )


def _within(actor: Actor, group: DataGroup) -> bool:
    return actor.mandate is None or group in actor.mandate


def _log(
    uow: UnitOfWork, actor: Actor, case_key: int | None, groups: Sequence[DataGroup] | set[DataGroup], now: datetime
) -> None:
    uow.access_log.add(
        actor=actor,
        action="read",
        client_key=actor.client_key,
        case_key=case_key,
        data_groups=[str(group) for group in groups],
        purpose=Purpose.OWN_DATA,
        ground=Ground.OWN_DATA if actor.mandate is None else Ground.MANDATE,
        now=now,
    )
