"""Decision tables by cell: read for an editor, written back into the file with all that it does not show."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lxml import etree

from app.domain.errors import NotFound
from app.engine.decisions.document import child, children, local_name, parse, text_of

if TYPE_CHECKING:
    from lxml.etree import _Element

#: longer than any unary test that a person writes into a cell
LONGEST_CELL = 2_000
MOST_ROWS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell: `part` is input, output or annotation; `field` names it to the editor, whether it has an id or not."""

    field: str
    part: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A rule; its number is its place from 1, as everywhere where rules are named."""

    number: int
    rule_id: str
    cells: tuple[Cell, ...]
    #: what the row is called in texts and in the requirement, its description: T1
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """`expression` is what an input column looks at, or the name that an output column writes."""

    part: str
    label: str
    expression: str
    type: str = ""
    #: FEEL list of the values that are allowed, "" = any
    allowed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionTable:
    """A decision that is a table."""

    decision_id: str
    name: str
    hit_policy: str
    aggregation: str
    #: whether something is answered where no row matches
    has_default: bool
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


#: what rules may be reported of, and what is published like a decision
_HOLDERS = ("decision", "businessKnowledgeModel", "decisionService")


def read_table(xml: bytes, decision_id: str) -> DecisionTable | None:
    """
    Return the table of the decision; None where its logic is no table.

    :raises NotFound: the file has no such decision
    :raises InvalidDecision: the file is malformed
    """
    table = _table_of(parse(xml), decision_id)
    if table is None:
        return None
    holder = table.getparent()
    if holder is not None and not holder.get("name"):
        holder = holder.getparent()
    return DecisionTable(
        decision_id=decision_id,
        name="" if holder is None else holder.get("name", ""),
        hit_policy=" ".join(table.get("hitPolicy", "UNIQUE").split()),
        aggregation=table.get("aggregation", ""),
        has_default=any(child(each, "defaultOutputEntry") is not None for each in children(table, "output")),
        columns=tuple(_columns(table)),
        rows=tuple(_row(rule, number) for number, rule in enumerate(children(table, "rule"), start=1)),
    )


def decisions_in(xml: bytes) -> list[str]:
    """Return the ids of the decisions of the file. :raises InvalidDecision: the file is malformed"""
    return [each.get("id", "") for each in children(parse(xml), "decision")]


def rewrite_table(xml: bytes, decision_id: str, cells: Mapping[str, str], *, action: str = "") -> bytes:
    """
    Return the file with the texts in the cells and after the action; all else stays as it was.

    `action`: "add" a row at the end, "remove:N", "copy:N", "up:N" or "down:N" the row of the number. An action that
    means nothing here (a row that is not there) changes nothing.

    :raises NotFound: the file has no such table
    """
    root = parse(xml)
    table = _table_of(root, decision_id)
    if table is None:
        raise NotFound("decision table", decision_id)
    rules = list(children(table, "rule"))
    for number, rule in enumerate(rules, start=1):
        for position, entry in enumerate(_entries(rule)):
            text = cells.get(_field(number, position))
            if text is not None and text.strip() != text_of(entry):
                _write(entry, text.strip()[:LONGEST_CELL])
    _act(table, rules, action)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def _table_of(root: _Element, decision_id: str) -> _Element | None:
    named = (each for each in children(root, *_HOLDERS) if (each.get("id") or each.get("name")) == decision_id)
    holder = next(named, None)
    if holder is None:
        raise NotFound("decision", decision_id)
    # the table of a business knowledge model lies one deeper; a service has none
    logic = child(holder, "encapsulatedLogic")
    return child(holder if logic is None else logic, "decisionTable")


def _columns(table: _Element) -> list[Column]:
    found = []
    for each in children(table, "input"):
        expression = child(each, "inputExpression")
        found.append(
            Column(
                part="input",
                label=each.get("label", ""),
                expression=text_of(expression),
                type="" if expression is None else expression.get("typeRef", ""),
                allowed=text_of(child(each, "inputValues")),
            )
        )
    found += [
        Column(
            part="output",
            label=each.get("label", ""),
            expression=each.get("name", ""),
            type=each.get("typeRef", ""),
            allowed=text_of(child(each, "outputValues")),
        )
        for each in children(table, "output")
    ]
    found += [Column(part="annotation", label=each.get("name", ""), expression="") for each in _annotations(table)]
    return found


def _annotations(table: _Element) -> list[_Element]:
    return list(children(table, "annotation"))


_PARTS = {"inputEntry": "input", "outputEntry": "output", "annotationEntry": "annotation"}


def _entries(rule: _Element) -> list[_Element]:
    return [each for name in _PARTS for each in children(rule, name)]


def _row(rule: _Element, number: int) -> Row:
    cells = [
        Cell(field=_field(number, position), part=_PARTS[local_name(entry)], text=text_of(entry))
        for position, entry in enumerate(_entries(rule))
    ]
    description = child(rule, "description")
    name = "" if description is None else "".join(str(part) for part in description.itertext()).strip()
    return Row(number=number, rule_id=rule.get("id", ""), cells=tuple(cells), name=name)


def _field(number: int, position: int) -> str:
    return f"cell.{number}.{position}"


def _write(entry: _Element, text: str) -> None:
    holder = child(entry, "text")
    if holder is None:
        holder = etree.SubElement(entry, f"{{{etree.QName(entry).namespace}}}text")
    for inner in list(holder):
        holder.remove(inner)
    holder.text = text


def _act(table: _Element, rules: list[_Element], action: str) -> None:
    name, _, text = action.partition(":")
    number = int(text) if text.isdecimal() and len(text) <= len(str(MOST_ROWS)) else 0
    rule = rules[number - 1] if 1 <= number <= len(rules) else None
    if name == "add" and len(rules) < MOST_ROWS:
        _add(table, rules[-1] if rules else None, rules[-1] if rules else None, empty=True)
    elif rule is None:
        return
    elif name == "copy" and len(rules) < MOST_ROWS:
        _add(table, rule, rule, empty=False)
    elif name == "remove":
        table.remove(rule)
    elif name == "up" and number > 1:
        rules[number - 2].addprevious(rule)
    elif name == "down" and number < len(rules):
        rules[number].addnext(rule)


def _add(table: _Element, pattern: _Element | None, after: _Element | None, *, empty: bool) -> None:
    space = etree.QName(table).namespace
    if pattern is None or after is None:
        rule = etree.SubElement(table, f"{{{space}}}rule")
        for column in _columns(table):
            entry = etree.SubElement(rule, f"{{{space}}}{column.part}Entry")
            etree.SubElement(entry, f"{{{space}}}text").text = ""
    else:
        rule = copy.deepcopy(pattern)
        after.addnext(rule)
        # a description and other notes belong to the row that was copied
        for note in [each for each in rule if isinstance(each.tag, str) and local_name(each) not in _PARTS]:
            rule.remove(note)
        if empty:
            for entry in _entries(rule):
                _write(entry, "")
    _give_ids(table, rule)


def _give_ids(table: _Element, rule: _Element) -> None:
    taken = {element.get("id") for element in table.getroottree().iter() if element is not rule}
    number = len(list(children(table, "rule")))
    while f"{table.get('id', 'taulu')}_rivi_{number}" in taken:
        number += 1
    rule.set("id", f"{table.get('id', 'taulu')}_rivi_{number}")
    for position, entry in enumerate(_entries(rule)):
        if local_name(entry) != "annotationEntry":
            entry.set("id", f"{rule.get('id')}_{position}")
