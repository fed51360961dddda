"""
What clients may ask about their data: that it is put right, that its use is restricted (R-21; GDPR art. 16, 18, 12).

A copy of all of it they take themselves (art. 15). A request is answered within a month.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from app.domain.actor import Actor
from app.domain.forms import Field, FieldType
from app.domain.retention import PROTECTION_ROLES
from app.domain.sharing import DataGroup

#: from asking to the answer at the latest (GDPR art. 12(3))
ANSWERED_WITHIN = "P1M"
LONGEST_TEXT = 2000


class RequestKind(enum.StrEnum):
    """What is asked."""

    RECTIFICATION = "rectification"
    RESTRICTION = "restriction"


class RequestStatus(enum.StrEnum):
    """What became of it. A restriction that was granted holds until it is lifted."""

    OPEN = "open"
    GRANTED = "granted"
    PARTLY = "partly"
    REFUSED = "refused"
    LIFTED = "lifted"


#: decisions by which a restriction comes into force
RESTRICTING = frozenset({RequestStatus.GRANTED, RequestStatus.PARTLY})


@dataclass(frozen=True, slots=True, kw_only=True)
class DataRequest:
    """A request about one data group of a case; `asked_by` is the client's or mandate's key, or that of a worker."""

    key: int
    client_key: int
    case_key: int
    case_number: str
    controller_organisation_id: str
    kind: RequestKind
    data_group: DataGroup
    text: str = field(repr=False)
    asked_at: datetime
    asked_by: int | None
    #: a worker wrote it down on the client's word
    by_worker: bool
    due_on: date
    status: RequestStatus
    answer: str = field(default="", repr=False)
    decided_at: datetime | None = None
    decided_by: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it waits for its answer."""
        return self.status is RequestStatus.OPEN

    @property
    def restricts(self) -> bool:
        """Whether the use of the data group is restricted by it now."""
        return self.kind is RequestKind.RESTRICTION and self.status in RESTRICTING


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """Something was put right: what stood before is kept with it. `subject` is `client.<attribute>` or a question."""

    key: int
    subject: str
    before: str = field(repr=False)
    after: str = field(repr=False)
    at: datetime
    by: str
    request_key: int | None


def correction_text(value: Any) -> str:
    """
    Return an answer as a correction keeps it: words as they are, codes with commas, yes and no, days in ISO form.

    Rows and files are JSON, each an object by the keys of its columns.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)) and any(isinstance(each, Mapping) for each in value):
        return json.dumps(value, ensure_ascii=False, default=correction_text)
    if isinstance(value, (list, tuple)):
        return ", ".join(correction_text(each) for each in value)
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else str(value)


def corrected_value(asked: Field, text: str) -> Any:
    """Return the answer to the question that the text of a correction keeps, as pages show answers."""
    if asked.type is FieldType.BOOLEAN:
        return {"true": True, "false": False}.get(text, text)
    if asked.type in (FieldType.GROUP, FieldType.FILE):
        return json.loads(text) if text.startswith("[") else None
    return text.split(", ") if asked.type is FieldType.MULTI_CHOICE else text


def may_handle_requests(actor: Actor) -> bool:
    """Tell whether the actor answers the requests about their organisation's registers."""
    return not actor.roles.isdisjoint(PROTECTION_ROLES)
