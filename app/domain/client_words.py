"""
What clients are told of a process: words that the process owner has written for them, and nothing else.

Names and documentation of elements are written for professionals. A step whose element carries `kyky.clientName` is
told to the client under that name; of every other step they hear only that somebody works on it. `kyky.clientText` says
more, on the page where a client does something.
"""

from __future__ import annotations

from collections.abc import Mapping

from app.domain.localized import LANGUAGES, LocalizedText

NAME = "kyky.clientName"
TEXT = "kyky.clientText"


def client_name(properties: Mapping[str, str]) -> LocalizedText:
    """Return the name of the element for clients, empty where it has none."""
    return _words(properties, NAME)


def client_text(properties: Mapping[str, str]) -> LocalizedText:
    """Return what is said of the element to clients, empty where nothing is."""
    return _words(properties, TEXT)


def _words(properties: Mapping[str, str], name: str) -> LocalizedText:
    said = {language: properties.get(name if language == "fi" else f"{name}.{language}", "") for language in LANGUAGES}
    return {language: text for language, text in said.items() if text}
