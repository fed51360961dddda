"""What is brought to a person's notice about a task, and when a mail tells them that there is something."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from app.domain.calendar import HELSINKI
from app.domain.localized import LocalizedText

#: so long before a task is due its holder is told
BEFORE_DUE = timedelta(hours=24)
#: when the day's mail goes out, in Finland
DIGEST_AT = time(7, 0)
#: the key of the choice among the settings of an account
MAIL_SETTING = "notice_mail"


class NoticeKind(enum.StrEnum):
    """What has happened."""

    ASSIGNED = "assigned"
    MENTIONED = "mentioned"
    #: somebody would like to have the task
    ASKED = "asked"
    #: somebody has handed on a task that returns to them, and it has come back
    DELEGATED = "delegated"
    RETURNED = "returned"
    DUE = "due"
    ESCALATED = "escalated"


class NoticeMail(enum.StrEnum):
    """How somebody wants to be told by mail; the first holds until they choose."""

    NONE = "none"
    AT_ONCE = "at_once"
    DIGEST = "digest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A notice as it is shown; it holds nothing of a client."""

    key: int
    kind: NoticeKind
    task_key: int
    task_name: LocalizedText
    case_number: str
    by_name: str
    at: datetime
    read_at: datetime | None


def wanted_mail(settings: Mapping[str, Any]) -> NoticeMail:
    """Return the choice that holds for an account with these settings."""
    chosen = settings.get(MAIL_SETTING)
    return NoticeMail(chosen) if chosen in list(NoticeMail) else NoticeMail.NONE


def digest_after(at: datetime) -> datetime:
    """Return the moment (aware, UTC) of the day's mail that tells of what happened at `at` (aware)."""
    local = at.astimezone(HELSINKI)
    day = local.date() if local.time() < DIGEST_AT else local.date() + timedelta(days=1)
    return datetime.combine(day, DIGEST_AT, tzinfo=HELSINKI).astimezone(at.tzinfo)
