"""Services of the directory: what process owners may write of one, and how somebody finds one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.domain.errors import InvalidInput, Problem
from app.domain.localized import LANGUAGES, LocalizedText

#: the longest description or way in, in characters
LONGEST_TEXT = 600
#: what of a service has a text in each language that may be changed on its page
TEXTS = ("description", "access")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceWords:
    """What is said of a service: what it is, how one gets into it, and which organisations give it, the first first."""

    description: LocalizedText
    access: LocalizedText
    owners: tuple[str, ...]

    def as_value(self) -> dict[str, Any]:
        """Return what the row of the reference data holds of it."""
        return {"description": dict(self.description), "access": dict(self.access), "owners": list(self.owners)}


def words_of(value: Mapping[str, Any]) -> ServiceWords:
    """Return what a row of the directory says; a row of an older file says less."""
    return ServiceWords(
        description=value.get("description") or {},
        access=value.get("access") or {},
        owners=tuple(value.get("owners", ())),
    )


def revision_of(words: ServiceWords) -> str:
    """Return a mark that is another as soon as something else is said of the service."""
    written = json.dumps(words.as_value(), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(written.encode()).hexdigest()[:16]


def read_words(
    texts: Mapping[str, str], *, owners: Sequence[str], present: ServiceWords, organisations: Collection[str]
) -> ServiceWords:
    """
    Return what somebody wrote; `texts` by "description.fi" and its like.

    Organisations that gave the service before keep their order, because the first is asked first; new ones come after.

    :raises InvalidInput: `required` where a language is empty, `too_long`, `not_an_option` at "owners"
    """
    written = {name: " ".join(texts.get(name, "").split()) for name in names_of_texts()}
    problems = [Problem("required", place=name) for name, text in written.items() if not text]
    problems += [
        Problem("too_long", place=name, values={"length": len(text), "maximum": LONGEST_TEXT})
        for name, text in written.items()
        if len(text) > LONGEST_TEXT
    ]
    if not set(owners) <= set(organisations):
        problems.append(Problem("not_an_option", place="owners"))
    if problems:
        raise InvalidInput(problems)
    kept = [owner for owner in present.owners if owner in owners]
    return ServiceWords(
        description={language: written[f"description.{language}"] for language in LANGUAGES},
        access={language: written[f"access.{language}"] for language in LANGUAGES},
        owners=tuple(dict.fromkeys([*kept, *owners])),
    )


def names_of_texts() -> tuple[str, ...]:
    """Return the names of the texts that a service has: "description.fi", "description.sv" and so on."""
    return tuple(f"{part}.{language}" for part in TEXTS for language in LANGUAGES)


def is_found(query: str, texts: Iterable[LocalizedText]) -> bool:
    """Tell whether each word of the query stands somewhere in the texts, in whatever language; no word finds all."""
    words = query.casefold().split()
    if not words:
        return True
    all_of_it = " ".join(part for text in texts for part in text.values()).casefold()
    return all(word in all_of_it for word in words)
