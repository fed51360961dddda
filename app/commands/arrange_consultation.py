"""Say who belongs to the group of an area's hour, in which turn its facilitators lead, and where it meets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from app.domain.actor import Actor
from app.domain.consultation import Part, may_arrange
from app.domain.errors import InvalidInput, NotAllowed, Problem
from app.storage.unit_of_work import UnitOfWork

LONGEST_LINK = 500
MOST_MEMBERS = 50


def arrange_consultation(
    uow: UnitOfWork,
    *,
    area_id: str,
    facilitators: Sequence[int],
    experts: Sequence[int],
    remote_link: str,
    actor: Actor,
    now: datetime,
) -> None:
    """
    Write the group and the link of the area's hour; sessions that are planned keep who leads them.

    :raises NotFound: the area holds no hour
    :raises NotAllowed: the actor does not arrange it
    :raises InvalidInput: nobody leads, somebody does not work in the area, or the link is no https address
    """
    uow.consultation.lock_hour(area_id)
    before = [member.user_key for member in uow.consultation.members(area_id, Part.FACILITATOR)]
    if not may_arrange(actor, area_id=area_id, facilitators=before):
        raise NotAllowed("consultation_arrange")
    people = {key for key, _ in uow.accounts.people_of(area_id)}
    link = remote_link.strip()
    problems = []
    if not facilitators:
        problems.append(Problem("required", place="facilitators"))
    if not people.issuperset((*facilitators, *experts)) or len(experts) > MOST_MEMBERS:
        problems.append(Problem("not_an_option", place="experts"))
    if link and (len(link) > LONGEST_LINK or not _is_link(link)):
        problems.append(Problem("consultation_link", place="remote_link"))
    if problems:
        raise InvalidInput(problems)
    uow.consultation.put_members(area_id, Part.FACILITATOR, facilitators)
    uow.consultation.put_members(area_id, Part.EXPERT, experts)
    uow.consultation.change_link(area_id, link)
    uow.audit.add(
        actor=actor,
        action="consultation_arranged",
        subject="consultation_hour",
        subject_key=0,
        details={"area": area_id, "facilitators": len(facilitators), "experts": len(experts)},
        now=now,
    )


def _is_link(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and not any(character.isspace() for character in text)
