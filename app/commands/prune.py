"""Forget what nobody needs any more: ended sessions, ids of forms sent long ago, files that waited, links not used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.calendar import local_date
from app.domain.client_sessions import STRONG_SIGN_IN_TIME
from app.domain.reminders import DONE_KEPT
from app.domain.sessions import IDLE_LIMIT
from app.domain.way_back import LIMIT, USUAL
from app.storage.pruning import Pruning
from app.storage.unit_of_work import UnitOfWork

#: rows of each kind in one transaction: few enough that it is short; a file brings up to 80 pieces with it
ROWS_AT_ONCE = 500
FILES_AT_ONCE = 20
#: files of a task that has ended: who was overtaken may still be at the page that says so
AFTER_END_OF_TASK = timedelta(days=1)
#: mails that the demo shows instead of sending them; they say to whom
MAILS_KEPT = timedelta(days=90)
#: who stood in for whom stands in the audit for longer
ABSENCES_KEPT = timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long each kind stays after it was used last."""

    ended_sessions: timedelta
    submissions: timedelta
    pending_uploads: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """How many rows of each kind were forgotten."""

    sessions: int
    client_sessions: int
    client_links: int
    strong_sign_ins: int
    submissions: int
    uploads: int
    surveys: int = 0
    mails: int = 0
    absences: int = 0
    ways_back: int = 0
    reminders: int = 0

    @property
    def has_more(self) -> bool:
        """Tell whether a kind has filled its share, so that more may be waiting."""
        rows = (
            self.sessions,
            self.client_sessions,
            self.client_links,
            self.strong_sign_ins,
            self.submissions,
            self.mails,
            self.absences,
            self.ways_back,
            self.reminders,
        )
        return ROWS_AT_ONCE in rows or self.uploads == FILES_AT_ONCE


def prune(uow: UnitOfWork, *, retention: Retention, now: datetime) -> Pruned:
    """
    Forget up to a share of each kind and return how many; rows that another scheduler is at are left to it.

    A live session is never forgotten, nor a link by which somebody may still come in. A form that is sent again after
    its id was forgotten meets a task that is done, and says so. Rounds of anonymous questions whose time is over are
    closed: their links go, and what was answered counts from then on.
    """
    old = Pruning(uow.connection)
    over = uow.surveys.over(on=local_date(now), limit=ROWS_AT_ONCE)
    for survey_key in over:
        uow.surveys.close(survey_key)
    long_ended = now - max(retention.ended_sessions, IDLE_LIMIT)
    return Pruned(
        # whichever way a session ends, it is not used afterwards
        sessions=old.sessions(seen_before=long_ended, limit=ROWS_AT_ONCE),
        client_sessions=old.client_sessions(seen_before=long_ended, limit=ROWS_AT_ONCE),
        client_links=old.client_links(expired_before=now, limit=ROWS_AT_ONCE),
        strong_sign_ins=old.strong_sign_ins(begun_before=now - STRONG_SIGN_IN_TIME, limit=ROWS_AT_ONCE),
        surveys=len(over),
        absences=old.absences(over_before=local_date(now - ABSENCES_KEPT), limit=ROWS_AT_ONCE),
        reminders=old.reminders(done_before=now - DONE_KEPT, limit=ROWS_AT_ONCE),
        mails=old.mails(sent_before=now - MAILS_KEPT, limit=ROWS_AT_ONCE),
        ways_back=uow.way_back.prune(kept_before=now - uow.reference.duration(LIMIT, usual=USUAL), limit=ROWS_AT_ONCE),
        submissions=old.submissions(sent_before=now - retention.submissions, limit=ROWS_AT_ONCE),
        uploads=uow.uploads.prune(
            kept_before=now - retention.pending_uploads, ended_before=now - AFTER_END_OF_TASK, limit=FILES_AT_ONCE
        ),
    )
