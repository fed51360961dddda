"""Reading DMN XML that may be hostile: caps first, no document type, no entities, no network."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from app.domain.errors import InvalidDecision, Problem

#: DMN 1.1 to 1.5
NAMESPACES = (
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
    "http://www.omg.org/spec/DMN/20180521/MODEL/",
    "https://www.omg.org/spec/DMN/20191111/MODEL/",
    "https://www.omg.org/spec/DMN/20211108/MODEL/",
    "https://www.omg.org/spec/DMN/20230324/MODEL/",
)
ZEEBE = "http://camunda.org/schema/zeebe/1.0"
LARGEST_BYTES = 2 * 1024 * 1024
MOST_ELEMENTS = 30_000
DEEPEST = 60

Element = etree._Element  # noqa: SLF001 - the only name that lxml gives the class


def parse(xml: bytes) -> Element:
    """
    Parse a DMN file and return its `definitions` element.

    Raises InvalidDecision with the codes decision_too_large, decision_xml, decision_doctype, decision_namespace.
    """
    if len(xml) > LARGEST_BYTES:
        raise _refused("decision_too_large", bytes=len(xml))
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(xml, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise _refused("decision_xml", message=str(error)[:200]) from None
    # lxml makes a DTD object for any document type, an empty one too
    if root.getroottree().docinfo.internalDTD is not None:
        raise _refused("decision_doctype")
    _cap(root)
    if local_name(root) != "definitions" or not is_dmn(root):
        raise _refused("decision_namespace", namespace=etree.QName(root).namespace or "")
    return root


def _cap(root: Element) -> None:
    count = depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        count += event == "start"
        if count > MOST_ELEMENTS or depth > DEEPEST:
            raise _refused("decision_too_large", elements=count, depth=depth)


def _refused(code: str, **values: object) -> InvalidDecision:
    return InvalidDecision([Problem(code, values=values)])


def is_dmn(element: Element) -> bool:
    """Tell whether the element is of DMN itself, in any of its versions."""
    return etree.QName(element).namespace in NAMESPACES


def local_name(element: Element) -> str:
    """Return the element's name without namespace."""
    return etree.QName(element).localname


def children(element: Element, *names: str) -> Iterator[Element]:
    """Go through the element's own children of DMN with one of these names (any name where none is given)."""
    for each in element:
        if isinstance(each.tag, str) and is_dmn(each) and (not names or local_name(each) in names):
            yield each


def child(element: Element, *names: str) -> Element | None:
    """Return the first child of DMN with one of these names."""
    return next(children(element, *names), None)


def text_of(element: Element | None) -> str:
    """Return the trimmed content of the element's `text` child; empty where there is none."""
    if element is None:
        return ""
    inner = child(element, "text")
    return "" if inner is None else "".join(str(part) for part in inner.itertext()).strip()


def version_tag(element: Element) -> str:
    """Return the zeebe:versionTag of the element, "" where it has none."""
    extensions = child(element, "extensionElements")
    tag = None if extensions is None else extensions.find(f"{{{ZEEBE}}}versionTag")
    return "" if tag is None else tag.get("value", "").strip()


def zeebe_properties(element: Element) -> dict[str, str]:
    """Return the zeebe:properties of the element's extensionElements."""
    extensions = child(element, "extensionElements")
    if extensions is None:
        return {}
    return {
        each.get("name", ""): each.get("value", "")
        for each in extensions.iter(f"{{{ZEEBE}}}property")
        if each.get("name")
    }
