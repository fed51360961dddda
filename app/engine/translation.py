"""A diagram for reading in another language: the same drawing with the names that the process owner gave."""

from __future__ import annotations

from itertools import islice

from lxml import etree

from app.domain.localized import LANGUAGES
from app.engine.reader import read_drawing
from app.engine.vocabulary import ZEEBE

#: a diagram's own names are in this language
OWN_LANGUAGE = "fi"


def in_other_words(xml: bytes, language: str) -> bytes:
    """
    Return the diagram with each element's name in the language (property kyky.name.<language>), else as it was drawn.

    For viewers only: the published XML itself stays byte for byte what it was.
    """
    if language == OWN_LANGUAGE or language not in LANGUAGES:
        return xml
    root = read_drawing(xml)
    wanted = f"kyky.name.{language}"
    for told in root.iter(f"{{{ZEEBE}}}property"):
        # property -> properties -> extensionElements -> the element
        element = next(islice(told.iterancestors(), 2, None), None)
        if told.get("name") == wanted and told.get("value") and element is not None:
            element.set("name", told.get("value", ""))
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))
