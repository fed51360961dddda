"""The directory of services and roles: what there is, who gives it, on what ground, and how one gets into it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.domain.actor import Actor, may_change_limits
from app.domain.directory import ServiceWords, is_found, words_of
from app.domain.errors import NotFound
from app.domain.localized import LocalizedText, in_language
from app.storage.unit_of_work import UnitOfWork

SERVICE, CATEGORY, STATUTE, NEED = "service", "service_category", "statute", "need"
ROLE_DESCRIPTION = "role_description"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statute:
    """A law, with its number in the statute book."""

    name: LocalizedText
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLine:
    """A service; no providers: whichever organisation works with the client gives it."""

    service_id: str
    name: LocalizedText
    words: ServiceWords
    category_id: str
    category: LocalizedText
    providers: tuple[LocalizedText, ...]
    statutes: tuple[Statute, ...]
    need_ids: tuple[str, ...]
    needs: tuple[LocalizedText, ...]
    #: the pathway of the product in which it is given, {} where it is given elsewhere
    pathway: LocalizedText
    changed_at: datetime
    #: who changed it last, "" where it came with the files
    changed_by: str

    def is_found(self, query: str) -> bool:
        """Tell whether somebody who looks for these words means this service perhaps."""
        words = self.words
        return is_found(query, [self.name, words.description, words.access, *self.needs, *self.providers])


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """The services that were looked for, by category, and what can be chosen to narrow them."""

    lines: tuple[ServiceLine, ...]
    categories: Mapping[str, LocalizedText]
    needs: Mapping[str, LocalizedText]
    organisations: Mapping[str, LocalizedText]
    may_change: bool

    def line(self, service_id: str) -> ServiceLine:
        """Return one service. :raises NotFound: there is none"""
        for line in self.lines:
            if line.service_id == service_id:
                return line
        raise NotFound("service", service_id)


def service_directory(
    uow: UnitOfWork, *, actor: Actor, text: str = "", need: str = "", category: str = "", provider: str = ""
) -> Directory:
    """Return the services in which all words of the text occur and that answer the need, of category and provider."""
    categories = _names(uow, CATEGORY)
    needs = _names(uow, NEED)
    organisations = dict(uow.accounts.organisations())
    order = list(categories)
    lines = [
        line
        for line in _lines(uow, categories, needs, organisations)
        if (not need or need in line.need_ids)
        and (not category or category == line.category_id)
        and (not provider or provider in line.words.owners)
        and line.is_found(text)
    ]
    lines.sort(key=lambda line: (order.index(line.category_id), in_language(line.name, "fi").casefold()))
    return Directory(
        lines=tuple(lines),
        categories=categories,
        needs=needs,
        organisations=organisations,
        may_change=may_change_limits(actor),
    )


def _lines(
    uow: UnitOfWork,
    categories: Mapping[str, LocalizedText],
    needs: Mapping[str, LocalizedText],
    organisations: Mapping[str, LocalizedText],
) -> list[ServiceLine]:
    statutes = {
        key: Statute(name=value["name"], number=value["number"]) for key, value in uow.reference.values(STATUTE).items()
    }
    pathways = uow.monitor.process_names()
    lines = []
    for row in uow.reference.lines(SERVICE):
        words = words_of(row.value)
        asked = tuple(key for key in row.value.get("needs", ()) if key in needs)
        category_id = row.value["category"]
        lines.append(
            ServiceLine(
                service_id=row.id,
                name=row.value["name"],
                words=words,
                category_id=category_id,
                category=categories[category_id],
                providers=tuple(organisations[owner] for owner in words.owners if owner in organisations),
                statutes=tuple(statutes[key] for key in row.value.get("statutes", ()) if key in statutes),
                need_ids=asked,
                needs=tuple(needs[key] for key in asked),
                pathway=pathways.get(row.value.get("pathway", ""), {}),
                changed_at=row.changed_at,
                changed_by=row.changed_by,
            )
        )
    return lines


def _names(uow: UnitOfWork, kind: str) -> dict[str, LocalizedText]:
    return {line.id: line.value["name"] for line in uow.reference.lines(kind)}


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleLine:
    """What somebody with the role does for the client."""

    name: LocalizedText
    description: LocalizedText


def described_roles(uow: UnitOfWork) -> list[RoleLine]:
    """Return the roles that something is said of, by their Finnish names."""
    told = uow.reference.values(ROLE_DESCRIPTION)
    lines = [
        RoleLine(name=name, description=told[role_id]["description"])
        for role_id, name in uow.accounts.roles()
        if role_id in told
    ]
    return sorted(lines, key=lambda line: in_language(line.name, "fi").casefold())
