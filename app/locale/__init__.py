"""Texts that users see: gettext catalogues in Finnish, Swedish and English, one file per area of the product."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from babel import Locale
from babel.messages.pofile import read_po

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parent
#: the gettext files are written by hand and read at start, so that a translator's tool can open them as they are
AREA_SUFFIX = ".po"


class Texts:
    """All texts of one language."""

    def __init__(self, language: str, singular: dict[str, str], plural: dict[str, tuple[str, ...]]) -> None:
        self.language = language
        self._singular = singular
        self._plural = plural
        self._form_index = Locale.parse(language).plural_form

    @staticmethod
    @cache
    def load(language: str) -> Texts:
        """
        Return the texts of the language, read once per process.

        :raises KeyError: the language is not one of ours
        """
        singular: dict[str, str] = {}
        plural: dict[str, tuple[str, ...]] = {}
        folder = FOLDER / language
        if not folder.is_dir():
            raise KeyError(language)
        for path in sorted(folder.glob("*" + AREA_SUFFIX)):
            with path.open("rb") as file:
                for message in read_po(file, locale=language):
                    if isinstance(message.id, tuple):
                        plural[message.id[0]] = tuple(str(text) for text in message.string or ())
                    elif isinstance(message.id, str) and message.id:
                        singular[message.id] = str(message.string)
        return Texts(language, singular, plural)

    def __call__(self, key: str, **values: object) -> str:
        """Return the text of the key with its {placeholders} filled; an unknown key shows itself."""
        text = self._singular.get(key) or key
        return text.format_map(values) if values else text

    def __contains__(self, key: str) -> bool:
        return key in self._singular or key in self._plural

    def __iter__(self) -> Iterator[str]:
        yield from self._singular
        yield from self._plural

    def plural(self, key: str, *, count: int, **values: object) -> str:
        """Return the text of the key in the form that the count asks for; {count} is filled too."""
        forms = self._plural.get(key)
        if not forms:
            return key
        one = self._form_index(count) == "one"
        return (forms[0] if one or len(forms) == 1 else forms[1]).format_map({"count": count, **values})
