"""On what grounds client data is processed, and which group of it may open to whom (R-05); tells of no client."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.actor import Actor, may_name_statute
from app.domain.errors import NotAllowed
from app.domain.localized import LocalizedText
from app.domain.sharing import DataGroup, Opening, cell
from app.domain.statutes import openable_groups
from app.storage.reference import GROUNDS
from app.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class GroundLine:
    """
    One purpose: which data groups it needs, the article of the GDPR and the statute on which it stands.

    `exchange`: a statute of its own lets these authorities exchange data, and consent is not asked.
    """

    name: LocalizedText
    groups: tuple[DataGroup, ...]
    article: str
    statute: LocalizedText
    exchange: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupLine:
    """To whom a data group may open at all: in their own register, by consent, by a statute."""

    group: DataGroup
    own: tuple[LocalizedText, ...]
    by_consent: tuple[LocalizedText, ...]
    by_statute: tuple[LocalizedText, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroundsPage:
    """All purposes, and all data groups."""

    grounds: tuple[GroundLine, ...]
    groups: tuple[GroupLine, ...]


def grounds_page(uow: UnitOfWork) -> GroundsPage:
    """Return the grounds as the county has written them, and the openings as the rules have them."""
    rows = uow.reference.values(GROUNDS)
    organisations = uow.accounts.organisations()
    types = uow.care.consents.organisation_types({organisation_id for organisation_id, _ in organisations})

    def those(group: DataGroup, opening: Opening) -> tuple[LocalizedText, ...]:
        return tuple(
            name
            for organisation_id, name in organisations
            if opening in cell(organisation_type=types.get(organisation_id, ""), data_group=group).opening
        )

    return GroundsPage(
        grounds=tuple(
            GroundLine(
                name=row["name"],
                groups=tuple(group for group in DataGroup if group in row["groups"]),
                article=row["article"],
                statute=row["statute"],
                exchange=bool(row.get("exchange")),
            )
            for row in rows.values()
        ),
        groups=tuple(
            GroupLine(
                group=group,
                own=those(group, Opening.OWN),
                by_consent=those(group, Opening.CONSENT),
                by_statute=those(group, Opening.STATUTE),
            )
            for group in DataGroup
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class NameableGround:
    """A ground that somebody may name for reading, with the law and the data groups that it opens to them."""

    id: str
    statute: LocalizedText
    groups: tuple[DataGroup, ...]


def nameable_grounds(uow: UnitOfWork, *, actor: Actor) -> list[NameableGround]:
    """Return the grounds that open something to the actor. :raises NotAllowed: none ever could"""
    if not may_name_statute(actor):
        raise NotAllowed("statute")
    found = []
    for key, row in uow.reference.values(GROUNDS).items():
        groups = openable_groups(roles=actor.roles, organisation_type=actor.organisation_type, ground=row)
        if groups:
            shown = tuple(group for group in DataGroup if group in groups)
            found.append(NameableGround(id=key, statute=row["statute"], groups=shown))
    return found
