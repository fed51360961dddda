"""Forms of form-js become forms of ours; what cannot be asked is refused by its name, what only shows is told."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from app.domain.errors import InvalidFormDefinition, InvalidSubmission, Problem
from app.domain.forms import FieldType, FormDefinition
from app.engine.forms import Around, form_source, parse_json_submission, read_form


def form(*components: dict, **more: object) -> bytes:
    """Return a form-js form."""
    whole = {"type": "default", "schemaVersion": 16, "id": "arvio", "components": list(components), **more}
    return json.dumps(whole).encode()


def converted(*components: dict) -> tuple[FormDefinition, tuple[Problem, ...]]:
    source, notes = form_source(form(*components))
    return read_form(source), notes


def part(kind: str, key: str = "kentta", **more: object) -> dict:
    return {"type": kind, "key": key, "label": f"Kysymys {key}", "id": f"f_{key}", **more}


def option(value: str) -> dict:
    return {"value": value, "label": value.title()}


REQUIRED = {"required": True}


@pytest.mark.parametrize(
    ("component", "field_type", "expected"),
    [
        (
            part("textfield", validate={"required": True, "minLength": 2}),
            FieldType.TEXT,
            {"required": True, "min_length": 2},
        ),
        (part("textfield", validate={"pattern": "^[A-Z]{2}$"}), FieldType.TEXT, {"pattern": "(?:[A-Z]{2})"}),
        (part("textfield", validate={"pattern": "[0-9]"}), FieldType.TEXT, {"pattern": ".*(?:[0-9]).*"}),
        (part("textarea", validate={"maxLength": 100}), FieldType.LONG_TEXT, {"max_length": 100}),
        (
            part("number", decimalDigits=0, validate={"min": 1, "max": 5}),
            FieldType.INTEGER,
            {"minimum": 1, "maximum": 5},
        ),
        (part("number", validate=REQUIRED), FieldType.DECIMAL, {"required": True}),
        (part("checkbox"), FieldType.BOOLEAN, {"required": True}),
        (part("select", values=[option("a"), option("muu syy")]), FieldType.CHOICE, {}),
        (part("radio", values=[option("a")]), FieldType.CHOICE, {}),
        (part("checklist", values=[option("a")]), FieldType.MULTI_CHOICE, {}),
        (part("taglist", values=[option("a")]), FieldType.MULTI_CHOICE, {}),
        (part("datetime", subtype="date"), FieldType.DATE, {}),
        (part("datetime", subtype="datetime"), FieldType.DATE_TIME, {}),
        (part("datetime", subtype="time"), FieldType.TEXT, {}),
        (
            part("textfield", readonly=True, validate={"required": True}),
            FieldType.TEXT,
            {"read_only": True, "required": False},
        ),
        (part("textfield", disabled=True), FieldType.TEXT, {"read_only": True}),
        (part("textfield", "CVCKoodi"), FieldType.TEXT, {"key": "CVCKoodi", "process_variable": "CVCKoodi"}),
    ],
)
def test_each_question_becomes_the_field_that_asks_the_same(component, field_type, expected):
    made, notes = converted(component)
    [field] = made.fields
    assert field.type is field_type
    assert field.prefill
    assert field.label["fi"] == field.label["sv"] == field.label["en"] == component["label"]
    assert {name: getattr(field, name) for name in expected} == expected
    assert [note.code for note in notes] == ["form_js_converted"]


def test_groups_become_sections_and_hide_what_is_in_them():
    made, notes = converted(
        {"type": "text", "text": "# Arvio\nLue **ensin** ohje."},
        part("checkbox", "jatkuu"),
        {"type": "separator"},
        {
            "type": "group",
            "label": "Tarkemmin",
            "conditional": {"hide": "=jatkuu"},
            "components": [part("textfield", "syy", conditional={"hide": '=muu = "x"'})],
        },
        part("button", action="submit"),
    )
    assert (made.title["sv"], made.introduction["fi"]) == ("Arvio", "Lue ensin ohje.")
    assert [(section.title["fi"], [field.key for field in section.fields]) for section in made.sections] == [
        ("Arvio", ["jatkuu"]),
        ("Tarkemmin", ["syy"]),
    ]
    assert made.sections[1].fields[0].show_if.text == "not((jatkuu) = true)"
    assert [note.code for note in notes] == ["form_js_converted", "form_js_condition_left_out"]


def test_rows_become_a_group():
    made, _ = converted(
        part("dynamiclist", "", path="rivit", components=[part("textfield", "nimi"), part("number", "maara")])
    )
    [group] = made.fields
    assert (group.key, group.type, [field.key for field in group.fields]) == (
        "rivit",
        FieldType.GROUP,
        ["nimi", "maara"],
    )


NESTED = (
    part("textfield", "laina"),
    part("number", "hakija.tulot"),
    part("textfield", "hakija_tulot"),
    {
        "type": "group",
        "path": "hakija",
        "conditional": {"hide": '=laina = "hakija.tulot"'},
        "components": [
            part("textfield", "asuinpaikka.kunta", readonly=True),
            {
                "type": "group",
                "path": "tausta",
                "components": [
                    part("checkbox", "tyossa", conditional={"hide": "=hakija.tulot > 5"}),
                    part("dynamiclist", "", path="rivit", components=[part("textfield", "nimi")]),
                ],
            },
        ],
    },
)


def test_nested_keys_become_entries_of_their_variables():
    made, notes = converted(*NESTED)
    assert [note.code for note in notes] == ["form_js_converted"]
    assert {field.key: field.process_variable for field in made.fields} == {
        "laina": "laina",
        "hakija_tulot": "hakija_tulot",
        "hakija_tulot_2": "hakija.tulot",
        "hakija_asuinpaikka_kunta": "hakija.asuinpaikka.kunta",
        "hakija_tausta_tyossa": "hakija.tausta.tyossa",
        "hakija_tausta_rivit": "hakija.tausta.rivit",
    }
    conditions = {field.key: field.show_if.text for field in made.fields if field.show_if}
    hidden = 'not((laina = "hakija.tulot") = true)'
    assert conditions["hakija_tausta_rivit"] == hidden
    assert conditions["hakija_tausta_tyossa"] == f"{hidden} and not((hakija_tulot_2 > 5) = true)"


def test_answers_of_nested_keys_have_the_shape_that_the_diagram_reads():
    made, _ = converted(*NESTED)
    sent = {"laina": "x", "hakija": {"tulot": 3, "tausta": {"tyossa": True, "rivit": [{"nimi": "a"}]}}}
    by_keys = {
        "laina": "x",
        "hakija_tulot_2": 3,
        "hakija_tausta_tyossa": True,
        "hakija_tausta_rivit": [{"nimi": "a"}],
    }
    around = Around(now=datetime(2026, 11, 22, tzinfo=UTC))
    for submission in (sent, by_keys):
        answers = parse_json_submission(made, submission, language="fi", around=around)
        assert answers.variables == {**sent, "hakija_tulot": None}
        assert answers.nested == {"hakija"}


@pytest.mark.parametrize("sent", [{"hakija": {"muu": 1}}, {"hakija": 3}, {"hakija": {"asuinpaikka": {"kunta": "x"}}}])
def test_what_a_nested_form_does_not_ask_is_refused(sent):
    made, _ = converted(*NESTED)
    with pytest.raises(InvalidSubmission):
        parse_json_submission(made, sent, language="fi", around=Around(now=datetime(2026, 11, 22, tzinfo=UTC)))


def test_a_variable_is_not_asked_as_a_whole_and_by_an_entry():
    with pytest.raises(InvalidFormDefinition) as refused:
        converted(part("textfield", "laina"), part("textfield", "laina.maara"))
    assert ("form_variable_repeated", "laina.maara") in [(each.code, each.place) for each in refused.value.problems]


def test_groups_in_rows_only_lay_out():
    inside = [{"type": "group", "components": [part("textfield", "nimi")], "conditional": {"hide": "=x"}}]
    made, notes = converted(part("dynamiclist", "", path="rivit", components=inside))
    assert [field.key for field in next(made.fields).fields] == ["nimi"]
    assert [note.code for note in notes] == ["form_js_converted", "form_js_condition_left_out"]


def test_what_only_shows_something_is_left_out_and_told():
    made, notes = converted(
        part("html", content="<p>x</p>"),
        part("image", source="=kuva"),
        {"type": "text", "text": "Hei {{nimi}}", "id": "t1"},
        part("textfield", label="=otsikko", readonly=True, defaultValue="x"),
    )
    assert [field.label["fi"] for field in made.fields] == ["kentta"]
    assert [note.code for note in notes] == [
        *("form_js_converted", "form_js_left_out", "form_js_left_out", "form_js_left_out"),
        *("form_js_property_left_out", "form_js_property_left_out"),
    ]


VALUES = [{"value": "a", "label": "A"}, {"value": "b", "label": "B"}]


@pytest.mark.parametrize(
    ("component", "begins"),
    [
        (part("textfield", defaultValue="Kotikäynti"), "Kotikäynti"),
        (part("number", defaultValue="2,5"), None),
        (part("number", defaultValue=2.5), Decimal("2.5")),
        (part("number", defaultValue="3", decimalDigits=0), 3),
        (part("number", defaultValue=11, validate={"max": 10}), None),
        (part("checkbox", defaultValue=True), True),
        (part("select", values=VALUES, defaultValue="b"), "b"),
        (part("select", values=VALUES, defaultValue="c"), None),
        (part("checklist", values=VALUES, defaultValue=["b"]), ["b"]),
        (part("datetime", subtype="date", defaultValue="2026-03-02"), date(2026, 3, 2)),
        (part("textfield", readonly=True, defaultValue="x"), None),
    ],
)
def test_a_field_begins_with_what_is_an_answer_to_it(component, begins):
    made, notes = converted(component)
    [asked] = made.fields
    assert asked.initial == begins
    assert made.initial_values == ({} if begins is None else {asked.key: begins})
    told = [note.values["property"] for note in notes if note.code == "form_js_property_left_out"]
    assert told == (["defaultValue"] if begins is None else [])


def test_a_form_that_asks_nothing_is_read():
    made, _ = converted({"type": "text", "text": "# Tiedoksi\nHakemus hylättiin."})
    assert [(field.key, field.type, field.required) for field in made.fields] == [("luettu", FieldType.BOOLEAN, True)]


@pytest.mark.parametrize(
    ("component", "code", "place"),
    [
        (part("filepicker", "liite"), "form_js_type", "liite"),
        (part("select", "laji", valuesKey="lajit"), "form_js_type", "laji"),
        (part("expression", "summa", expression="=a + b"), "form_js_type", "summa"),
        (
            part("dynamiclist", "", path="rivit", components=[part("number", "laina.maara")]),
            "form_js_path",
            "laina.maara",
        ),
        (
            part("dynamiclist", "", path="rivit", components=[{"type": "group", "path": "laina", "components": []}]),
            "form_js_path",
            "laina",
        ),
        (part("textfield", "asia.ika"), "form_key", "asia_ika"),
        (part("textfield", "laina.2"), "form_key", "laina_2"),
        (part("textfield", "asia"), "form_key", "asia"),
        (part("kukka", "k"), "form_js_type", "k"),
    ],
)
def test_a_question_that_ours_cannot_ask_is_refused_by_its_name(component, code, place):
    with pytest.raises(InvalidFormDefinition) as refused:
        converted(component)
    assert (code, place) in [(problem.code, problem.place) for problem in refused.value.problems]


def test_a_form_of_ours_passes_as_it_is():
    source = b'{"id": "f", "title": {"fi": "F"}, "sections": []}'
    assert form_source(source) == (source, ())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"components": [1, null, "x"]}',
        b'{"components": [{"type": 5}]}',
        b'{"components": [{"type": "group"}]}',
    ],
)
def test_damaged_forms_are_refused(content):
    with pytest.raises(InvalidFormDefinition):
        read_form(form_source(content)[0])
