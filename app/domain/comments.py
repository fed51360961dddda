"""Remarks at user tasks: in which data group somebody may write one, and whom it may be shown to."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from app.domain.access import CaseRelation, Grant, Viewer, visible_groups
from app.domain.localized import LocalizedText
from app.domain.sharing import DataGroup

#: characters of one comment
LONGEST_COMMENT = 4_000
#: people who can be named in one comment
MOST_MENTIONED = 20
#: @user.name, and not the middle of an address of mail
_MENTION = re.compile(r"(?<![\w.@])@([A-Za-z0-9][A-Za-z0-9._-]{0,62})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """A remark at a task as it may be shown."""

    key: int
    task_key: int
    #: empty where the viewer may not know that the client is on that pathway
    task_name: LocalizedText
    process_id: str
    data_group: DataGroup
    controller_organisation_id: str
    text: str = field(repr=False)
    author_name: str
    at: datetime


def comment_groups(
    viewer: Viewer,
    *,
    case: CaseRelation | None,
    area_id: str,
    grants: Iterable[Grant],
    at: datetime,
    restricted: Collection[DataGroup],
    register: str = "",
) -> tuple[DataGroup, ...]:
    """
    Return the data groups of which the viewer may read a comment in the register ("": of their own organisation).

    Whoever writes a comment writes it into the register of their own organisation, like an answer, and the client is
    that organisation's own from then on. `case` is None where no form has said yet who the client is.
    """
    controller = register or viewer.organisation_id
    relation = case or CaseRelation(
        case_key=0, client_key=0, area_id=area_id or _any_area(viewer), controller_organisation_id=controller
    )
    served = replace(relation, serving_organisation_ids=relation.serving_organisation_ids | {controller})
    found = visible_groups(
        viewer=viewer,
        case=served,
        grants=grants,
        at=at,
        restricted=restricted,
        controller_organisation_id=controller,
    )
    # of the plan some see their own part only: a text has no parts
    return tuple(group for group, decision in found.items() if not decision.masked)


def mentions(text: str) -> Iterator[str]:
    """Yield the user names that the text mentions, each once: `@aino.ajanvaraaja`."""
    yield from dict.fromkeys(found.rstrip(".-_") for found in _MENTION.findall(text))


def _any_area(viewer: Viewer) -> str:
    return next(iter(sorted(viewer.areas)), "") if viewer.areas else ""
