"""Read JSON defensively: every wrong property becomes a problem at its place, and nothing unknown passes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NoReturn

from app.domain.errors import InvalidFormDefinition, Problem
from app.domain.localized import LANGUAGES, LocalizedText

#: a form of 100 fields in three languages has about 60 kB
MOST_BYTES = 500_000
LONGEST_LABEL = 2_000


def read_object(content: bytes) -> dict[str, Any]:
    """
    Return the JSON object that the bytes hold; decimals stay exact.

    :raises InvalidFormDefinition: too large, not UTF-8, not JSON, a key twice, not an object
    """
    if len(content) > MOST_BYTES:
        raise InvalidFormDefinition([Problem("form_too_large", values={"maximum": MOST_BYTES // 1000})])
    try:
        data = json.loads(
            content.decode("utf-8-sig"),
            parse_float=Decimal,
            parse_constant=_refuse_constant,
            object_pairs_hook=_object_without_repeats,
        )
    except (ValueError, RecursionError) as error:
        raise InvalidFormDefinition([Problem("form_not_json")]) from error
    if not isinstance(data, dict):
        raise InvalidFormDefinition([Problem("form_not_json")])
    return data


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _object_without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key twice")
    return made


class JsonObject:
    """One JSON object at a place of the document; asks for properties one by one and collects what is wrong."""

    def __init__(self, data: dict[str, Any], *, place: str, problems: list[Problem]) -> None:
        self.place = place
        self._data = data
        self._problems = problems
        self._asked: set[str] = set()

    def problem(self, code: str, **values: Any) -> None:
        """Note something wrong with this object."""
        self._problems.append(Problem(code, place=self.place, name=self.place.rpartition(".")[2], values=values))

    def has(self, key: str) -> bool:
        """Tell whether the property is there and not null."""
        return self._data.get(key) is not None

    def raw(self, key: str) -> Any:
        """Return the property as it is, None where it is absent."""
        self._asked.add(key)
        return self._data.get(key)

    def text(self, key: str, *, required: bool = False, longest: int = LONGEST_LABEL) -> str:
        """Return a text property, "" where it is absent or wrong."""
        value = self.raw(key)
        if value is None and not required:
            return ""
        if not isinstance(value, str) or not value.strip() or len(value) > longest or not _is_clean(value):
            self.problem("form_property", property=key)
            return ""
        return value

    def flag(self, key: str) -> bool:
        """Return a true/false property, False where it is absent or wrong."""
        value = self.raw(key)
        if value is not None and not isinstance(value, bool):
            self.problem("form_property", property=key)
        return value is True

    def count(self, key: str, *, largest: int) -> int | None:
        """Return a whole number from 0 up to `largest`, None where it is absent or wrong."""
        value = self.raw(key)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= largest:
            self.problem("form_limit", property=key, maximum=largest)
            return None
        return value

    def localized(self, key: str, *, required: bool = False) -> LocalizedText:
        """Return a text in several languages: Finnish must be there, others are those of the product."""
        value = self.raw(key)
        if value is None and not required:
            return {}
        right = isinstance(value, dict) and all(
            language in LANGUAGES and isinstance(text, str) and len(text) <= LONGEST_LABEL and _is_clean(text)
            for language, text in value.items()
        )
        if not right or not value.get("fi", "").strip():
            self.problem("form_localized", property=key)
            return {"fi": "?"}
        return {language: text.strip() for language, text in value.items() if text.strip()}

    def objects(self, key: str, *, most: int, under: str | None = None) -> Iterator[JsonObject]:
        """
        Give the objects of a list property; their place is their own key, value or number under this object's place.

        `under` is another place to put them under.
        """
        value = self.raw(key)
        if value is None:
            return
        if not isinstance(value, list) or len(value) > most or not all(isinstance(each, dict) for each in value):
            self.problem("form_list", property=key, maximum=most)
            return
        for number, each in enumerate(value):
            name = each.get("key", each.get("value", number))
            above = self.place if under is None else under
            place = f"{above}.{name}" if above else str(name)
            yield JsonObject(each, place=place[:200], problems=self._problems)

    def refuse_unknown(self) -> None:
        """Note every property that nobody asked for."""
        for key in self._data.keys() - self._asked:
            self.problem("form_unknown_property", property=key[:60])


def _is_clean(text: str) -> bool:
    return not any(
        0xD800 <= ord(character) <= 0xDFFF or (ord(character) < 32 and character not in "\n\t") for character in text
    )
