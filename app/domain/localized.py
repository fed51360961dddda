"""Texts that exist in every language of the product."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

LANGUAGES = ("fi", "sv", "en")
#: {"fi": ..., "sv": ..., "en": ...}; Finnish is always there, the others fall back to it while an owner translates
LocalizedText: TypeAlias = Mapping[str, str]


def in_language(text: LocalizedText, language: str) -> str:
    """Return the text in the language, else in Finnish, else whatever there is."""
    return text.get(language) or text.get("fi") or next(iter(text.values()), "")


#: å, ä and ö come last in Finnish, in this order; w goes with v
_LAST = str.maketrans({"å": "{a", "ä": "{b", "ö": "{c", "w": "v"})


def sort_key(text: str) -> str:
    """Return a text that sorts as the words sort in Finnish, the same in every database."""
    return text.casefold().translate(_LAST)
