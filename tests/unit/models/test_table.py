"""Tables are read by cell and written back with everything that the editor does not show."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from app.domain.errors import InvalidDecision, NotFound
from app.engine.decisions import read_decisions
from app.engine.models import read_table, rewrite_table
from tests.unit.decisions.dmn import model

TABLE = next(Path("processes").rglob("dmn_halytys.dmn")).read_bytes()
FILES = sorted(Path("processes").rglob("*.dmn"))


def canonical(xml):
    return etree.tostring(etree.fromstring(xml, etree.XMLParser(remove_blank_text=True)), method="c14n")


def texts(xml):
    return [[cell.text for cell in row.cells] for row in read_table(xml, "dmn_halytys").rows]


def test_a_table_is_read_by_column_and_row():
    table = read_table(TABLE, "dmn_halytys")
    assert table.hit_policy == "FIRST"
    assert [column.part for column in table.columns] == ["input"] * 4 + ["output"] * 2 + ["annotation"]
    assert [column.expression for column in table.columns][:6] == [
        "tyotilanne", "toivoo_ohjausta", "osatyokykyinen", "summa", "halytys", "ohjaus",
    ]  # fmt: skip
    assert [row.number for row in table.rows] == list(range(1, 10))
    assert [cell.text for cell in table.rows[0].cells][:2] == ['not("tyossa_tth")', "true"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_writing_a_table_back_unchanged_loses_nothing(path):
    xml = path.read_bytes()
    for decision in read_decisions(xml).decisions:
        table = read_table(xml, decision.decision_id)
        if table is None:
            continue
        cells = {cell.field: cell.text for row in table.rows for cell in row.cells}
        assert canonical(rewrite_table(xml, decision.decision_id, cells)) == canonical(xml)


def test_one_cell_is_changed_and_no_other():
    after = rewrite_table(TABLE, "dmn_halytys", {"cell.1.0": '"tyoton"', "cell.99.0": "x", "cell.1.99": "y"})
    expected = texts(TABLE)
    expected[0][0] = '"tyoton"'
    assert texts(after) == expected
    assert read_decisions(after).decisions[0].decision_id == "dmn_halytys"


def test_rows_are_added_copied_moved_and_removed():
    rows = texts(TABLE)
    assert texts(rewrite_table(TABLE, "dmn_halytys", {}, action="add")) == [*rows, [""] * 7]
    assert texts(rewrite_table(TABLE, "dmn_halytys", {}, action="copy:1")) == [rows[0], *rows]
    assert texts(rewrite_table(TABLE, "dmn_halytys", {}, action="up:2")) == [rows[1], rows[0], *rows[2:]]
    assert texts(rewrite_table(TABLE, "dmn_halytys", {}, action="down:1")) == [rows[1], rows[0], *rows[2:]]
    assert texts(rewrite_table(TABLE, "dmn_halytys", {}, action="remove:9")) == rows[:-1]


@pytest.mark.parametrize(
    "action", ["", "up:1", "down:9", "remove:0", "remove:10", "remove:-1", "copy:x", "²:²", "drop"]
)
def test_an_act_that_means_nothing_changes_nothing(action):
    assert canonical(rewrite_table(TABLE, "dmn_halytys", {}, action=action)) == canonical(TABLE)


def test_a_table_without_rows_gets_its_first_with_a_cell_for_every_column():
    xml = TABLE
    for _ in range(9):
        xml = rewrite_table(xml, "dmn_halytys", {}, action="remove:1")
    xml = rewrite_table(xml, "dmn_halytys", {}, action="add")
    assert texts(xml) == [[""] * 7]
    ids = [element.get("id") for element in etree.fromstring(xml).iter() if element.get("id")]
    assert len(ids) == len(set(ids))


@given(st.lists(st.sampled_from(["add", "copy:1", "copy:3", "up:2", "down:1", "remove:1", "remove:2"]), max_size=8))
def test_after_any_acts_ids_are_unique_and_rows_have_all_cells(actions):
    xml = TABLE
    for action in actions:
        xml = rewrite_table(xml, "dmn_halytys", {}, action=action)
    ids = [element.get("id") for element in etree.fromstring(xml).iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert {len(row) for row in texts(xml)} <= {7}


def test_a_table_may_lie_in_a_business_knowledge_model_and_a_service_has_none():
    xml = model(
        '<businessKnowledgeModel id="k" name="Kerroin"><encapsulatedLogic><decisionTable><input><inputExpression>'
        "<text>1</text></inputExpression></input><output/><rule><inputEntry><text>-</text></inputEntry><outputEntry>"
        "<text>2</text></outputEntry></rule></decisionTable></encapsulatedLogic></businessKnowledgeModel>"
        '<decision name="Nimetön id"><decisionTable><output/></decisionTable></decision>'
        '<decisionService id="s" name="s"><outputDecision href="#d"/></decisionService>'
    )
    assert (read_table(xml, "k").name, len(read_table(xml, "k").rows)) == ("Kerroin", 1)
    assert read_table(xml, "Nimetön id").rows == ()
    assert read_table(xml, "s") is None


def test_what_is_no_table_or_not_there_is_said():
    with pytest.raises(NotFound):
        read_table(TABLE, "dmn_muu")
    with pytest.raises(NotFound):
        rewrite_table(TABLE, "dmn_muu", {})
    with pytest.raises(InvalidDecision):
        read_table(b"<html/>", "dmn_muu")
    literal = TABLE.replace(b"decisionTable", b"relation")
    assert read_table(literal, "dmn_halytys") is None
