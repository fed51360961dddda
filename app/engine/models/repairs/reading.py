"""Bytes as other programs write them: encodings, entities of HTML, older and mistyped namespaces."""

from __future__ import annotations

import codecs
import html.entities
import re
from typing import TYPE_CHECKING

from lxml import etree

from app.domain.errors import InvalidDiagram, Problem
from app.engine.reader import read_drawing
from app.engine.vocabulary import BPMN, LAYOUT, local_name, namespace

if TYPE_CHECKING:
    from lxml.etree import _Element

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_ENCODING = re.compile(rb"^[^>]{0,60}<\?xml[^>]*?encoding\s*=\s*[\"']([\w.-]+)[\"']")
_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]*);")
_OWN_ENTITIES = frozenset({"amp", "lt", "gt", "quot", "apos"})
#: signs that XML 1.0 does not allow, as themselves and as references
_NO_XML = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|&#(?:x0*(?:[0-8bcefBCEF]|1[0-9a-fA-F])|0*(?:[0-8]|1[124-9]|2[0-9]|3[01]));"
)
#: drafts of BPMN 2.0 and its diagram interchange, and ways to mistype their names
_NAMESPACES = (
    (re.compile(r"https?://(?:www|schema)\.omg\.org/spec/BPMN/(?:20\d{6}|2\.0)(?:/MODEL)?/?"), BPMN),
    (re.compile(r"https?://(?:www|schema)\.omg\.org/(?:spec/)?bpmn20/?", re.IGNORECASE), BPMN),
    (re.compile(r"https?://(?:www|schema)\.omg\.org/spec/BPMN/(?:20\d{6}|2\.0)/DI/?"), LAYOUT),
    (re.compile(r"https?://(?:www|schema)\.omg\.org/spec/DD/(?:20\d{6}|1\.0)/DC/?"), "http://www.omg.org/spec/DD/20100524/DC"),
    (re.compile(r"https?://(?:www|schema)\.omg\.org/spec/DD/(?:20\d{6}|1\.0)/DI/?"), "http://www.omg.org/spec/DD/20100524/DI"),
)  # fmt: skip
_NEEDS_OTHER_NAMES = re.compile(rb"<(?:\w+:)?definitions\b")


def read_foreign(xml: bytes) -> tuple[_Element, tuple[Problem, ...]]:
    """
    Return the root of a diagram, and what had to be understood otherwise than it was written.

    :raises InvalidDiagram: hostile, too large, or no BPMN in any of the ways that we know
    """
    try:
        return read_drawing(xml), ()
    except InvalidDiagram as error:
        code = error.problems[0].code
        if code not in {"diagram_malformed", "diagram_not_bpmn"}:
            raise
        first = error
    text, encoding = _decoded(xml)
    plain = _without_foreign_signs(text)
    found: list[Problem] = []
    if code == "diagram_malformed":
        found.append(Problem("encoding_read", values={"encoding": encoding}))
    try:
        root = read_drawing(plain.encode())
    except InvalidDiagram as error:
        if error.problems[0].code != "diagram_not_bpmn":
            raise first from None
        renamed = _renamed(plain)
        if renamed is None:
            raise InvalidDiagram([Problem("diagram_not_bpmn")]) from None
        root = read_drawing(renamed)
        found.append(Problem("namespace_read"))
    return root, tuple(found)


def _decoded(xml: bytes) -> tuple[str, str]:
    """Return the text and the encoding that fits: by its mark, as declared, as UTF-8, else as Western European."""
    tried = [encoding for mark, encoding in _MARKS if xml.startswith(mark)]
    declared = _ENCODING.match(xml)
    tried += [declared[1].decode()] if declared else []
    for encoding in [*tried, "utf-8"]:
        try:
            text = xml.decode(encoding)
        except (UnicodeError, LookupError):
            continue
        if "\x00" not in text[:100]:
            return text.lstrip("\ufeff"), encoding
    wide = "utf-16-le" if xml[1:2] == b"\x00" else "utf-16-be" if xml[:1] == b"\x00" else ""
    if wide and len(xml) % 2 == 0:
        return xml.decode(wide, errors="replace"), wide
    return xml.decode("cp1252", errors="replace"), "cp1252"


def _without_foreign_signs(text: str) -> str:
    bare = _DECLARATION.sub("", _NO_XML.sub("", text), count=1)
    return _ENTITY.sub(_sign, bare).strip()


def _sign(match: re.Match[str]) -> str:
    name = match[1]
    if name in _OWN_ENTITIES:
        return match[0]
    return html.entities.html5.get(f"{name};", match[0])


def _renamed(text: str) -> bytes | None:
    """Return the document with the names of BPMN as they are now; None where it is another language."""
    if not _NEEDS_OTHER_NAMES.search(text.encode()):
        return None
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(text.encode(), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    if local_name(root) != "definitions" or "/DMN/" in namespace(root):
        return None
    bare = not namespace(root)
    if not bare and _present(namespace(root)) != BPMN:
        return None
    for element in root.iter("{*}*" if not bare else None):
        if not isinstance(element.tag, str):
            continue
        space = namespace(element)
        new = _present(space) if space else _place_of(local_name(element))
        if new != space:
            element.tag = f"{{{new}}}{local_name(element)}"
    return bytes(etree.tostring(root))


def _present(space: str) -> str:
    return next((new for pattern, new in _NAMESPACES if pattern.fullmatch(space)), space)


def _place_of(name: str) -> str:
    """Return the namespace of an element that was written without any."""
    if name.startswith("BPMN"):
        return LAYOUT
    if name in {"Bounds", "Font"}:
        return "http://www.omg.org/spec/DD/20100524/DC"
    return "http://www.omg.org/spec/DD/20100524/DI" if name == "waypoint" else BPMN
