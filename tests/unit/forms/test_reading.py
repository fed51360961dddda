import contextlib
import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from app.domain.errors import InvalidFormDefinition
from app.domain.forms import FieldType
from app.domain.sharing import DataGroup
from app.engine.forms import form_schema, read_form
from tests.unit.forms.conftest import EXAMPLE

LABEL = {"fi": "Nimike", "sv": "Titel", "en": "Label"}
TEXT = {"key": "a", "type": "text", "label": LABEL}
YES_NO = {"key": "b", "type": "boolean", "label": LABEL}


def form_json(*fields, **properties):
    document = {"id": "f_x", "title": LABEL, "sections": [{"key": "s", "title": LABEL, "fields": list(fields)}]}
    return json.dumps({**document, **properties}).encode()


def codes(content):
    with pytest.raises(InvalidFormDefinition) as caught:
        read_form(content)
    return {(problem.code, problem.place) for problem in caught.value.problems}


def test_the_example_asks_every_type_of_field_and_is_translated(form):
    assert {each.type for _, each in form.walk()} == set(FieldType)
    assert form.missing_translations == ()
    assert form.references == {"asia.ika"}


def test_a_field_takes_its_data_group_from_itself_its_group_or_the_form(form):
    assert form.field_at(("nimi",)).data_group is DataGroup.BASIC
    assert form.field_at(("yhteydenoton_syy",)).data_group is DataGroup.HEALTH
    assert form.field_at(("toimenpiteet", "palvelu")).data_group is DataGroup.PLAN
    assert form.field_at(("toimenpiteet", "huomio")).data_group is DataGroup.HEALTH


def test_the_schema_of_the_example_is_itself_right(form):
    Draft202012Validator.check_schema(form_schema(form))
    json.dumps(form_schema(form))


def test_the_same_bytes_are_read_once():
    assert read_form(EXAMPLE.read_bytes()) is read_form(EXAMPLE.read_bytes())


def test_a_condition_waits_for_the_fields_that_it_depends_on():
    shows_b = {**YES_NO, "key": "c", "showIf": "b"}
    shows_c = {**YES_NO, "key": "d", "showIf": "c"}
    assert read_form(form_json(shows_c, shows_b, YES_NO)).layers == ((("c",),), (("d",),))


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"id": NaN}', b'{"id": "a", "id": "b"}', b"\xff\xfe", b"[" * 100_000, b'"x"'],
)
def test_what_is_no_json_object_is_refused(content):
    assert codes(content) == {("form_not_json", "")}


def test_a_huge_document_is_refused():
    assert codes(b" " * 600_000) == {("form_too_large", "")}


@pytest.mark.parametrize(
    ("field", "code", "place"),
    [
        ({**TEXT, "key": "__proto__"}, "form_key", "__proto__"),
        ({**TEXT, "key": "constructor"}, "form_key", "constructor"),
        ({**TEXT, "key": "nimi-1"}, "form_key", "nimi-1"),
        ({**TEXT, "key": "asia"}, "form_key", "asia"),
        ({**TEXT, "key": "for"}, "form_key", "for"),
        ({**TEXT, "type": "number"}, "form_property", "a"),
        ({**TEXT, "label": {"sv": "Namn"}}, "form_localized", "a"),
        ({**TEXT, "label": {"fi": "Nimi", "de": "Name"}}, "form_localized", "a"),
        ({**TEXT, "label": "Nimi"}, "form_localized", "a"),
        ({**TEXT, "requierd": True}, "form_unknown_property", "a"),
        ({**TEXT, "required": "yes"}, "form_property", "a"),
        ({**TEXT, "options": []}, "form_property_of_other_type", "a"),
        ({**TEXT, "maxLength": 501}, "form_limit", "a"),
        ({**TEXT, "minLength": 5, "maxLength": 4}, "form_range", "a"),
        ({**TEXT, "pattern": "(?=x)"}, "form_pattern", "a"),
        ({**TEXT, "pattern": "("}, "form_pattern", "a"),
        ({**TEXT, "dataGroup": "kaikki"}, "form_property", "a"),
        ({**TEXT, "dataGroup": "terveys"}, "form_identifying_variable", "a"),
        ({**TEXT, "record": "client.name", "variable": "nimi"}, "form_identifying_variable", "a"),
        ({**TEXT, "record": "client.shoe_size"}, "form_record", "a"),
        ({**TEXT, "record": "client"}, "form_record", "a"),
        ({**TEXT, "record": "answer.x"}, "form_record", "a"),
        ({**TEXT, "record": "document"}, "form_record_file", "a"),
        ({**TEXT, "record": "client.birth_date"}, "form_record_type", "a"),
        ({**TEXT, "required": True, "requiredIf": "true"}, "form_required", "a"),
        ({**TEXT, "required": True, "readOnly": True}, "form_required", "a"),
        ({**TEXT, "readOnly": True, "computed": "1"}, "form_computed", "a"),
        ({**TEXT, "readOnly": True, "initial": "x"}, "form_initial", "a"),
        ({**TEXT, "initial": 3}, "form_initial", "a"),
        ({**TEXT, "type": "integer", "initial": 2.5}, "form_initial", "a"),
        ({**TEXT, "type": "integer", "maximum": 2, "initial": 3}, "form_initial", "a"),
        ({**TEXT, "type": "date", "initial": "2.3.2026"}, "form_initial", "a"),
        ({**TEXT, "type": "boolean", "initial": "x"}, "form_initial", "a"),
        ({**TEXT, "type": "organisation", "initial": "o_kela"}, "form_property_of_other_type", "a"),
        ({**TEXT, "showIf": "a ="}, "form_expression", "a"),
        ({**TEXT, "showIf": "muu = 1"}, "form_unknown_name", "a"),
        ({**TEXT, "showIf": 'a = "x"'}, "form_circle", "a"),
        ({**TEXT, "type": "identityCode"}, "form_identifying_variable", "a"),
        ({**TEXT, "type": "file"}, "form_record_file", "a"),
        ({**TEXT, "type": "choice"}, "form_options_source", "a"),
        ({**TEXT, "type": "choice", "options": [], "optionsFrom": "planets"}, "form_property", "a"),
        ({**TEXT, "type": "choice", "options": [{"value": "x  y", "label": LABEL}]}, "form_option", "a.x  y"),
        ({**TEXT, "type": "choice", "options": [{"value": "x", "label": LABEL}] * 2}, "form_options_repeated", "a"),
        ({**TEXT, "type": "integer", "minimum": "FEEL"}, "form_limit", "a"),
        ({**TEXT, "type": "integer", "minimum": 1.5}, "form_limit", "a"),
        ({**TEXT, "type": "date", "minimum": "1.1.2026"}, "form_limit", "a"),
        ({**TEXT, "type": "group"}, "form_group", "a"),
        (
            {**TEXT, "type": "group", "fields": [{**TEXT, "type": "group", "fields": [TEXT]}]},
            "form_type_in_group",
            "a.a",
        ),
        ({**TEXT, "type": "group", "fields": [{**TEXT, "record": "answer"}]}, "form_destination_in_group", "a.a"),
        ({**TEXT, "type": "group", "fields": [TEXT, TEXT]}, "form_key_repeated", "a.a"),
        ({**TEXT, "type": "group", "maxItems": 101, "fields": [TEXT]}, "form_limit", "a"),
    ],
)
def test_a_wrong_field_is_refused_and_named(field, code, place):
    assert (code, place) in codes(form_json(field))


def test_two_fields_cannot_share_a_key_a_variable_or_an_attribute():
    assert ("form_key_repeated", "a") in codes(form_json(TEXT, TEXT))
    other = {**TEXT, "key": "c", "variable": "a"}
    assert ("form_variable_repeated", "a") in codes(form_json(TEXT, other))
    name = {**TEXT, "record": "client.name"}
    assert ("form_record_repeated", "client.name") in codes(form_json(name, {**name, "key": "c"}))


def test_an_empty_form_is_refused():
    assert ("form_empty", "") in codes(form_json())


def test_missing_translations_are_listed_not_refused():
    form = read_form(form_json({**TEXT, "label": {"fi": "Nimi"}}))
    assert form.missing_translations == (("a", "sv"), ("a", "en"))


def test_free_text_may_be_a_variable_only_where_the_form_has_no_client_data():
    assert read_form(form_json(TEXT)).field_at(("a",)).process_variable == "a"
    assert ("form_identifying_variable", "a") in codes(form_json(TEXT, dataGroup="perustiedot"))


@given(st.data())
def test_a_form_that_is_broken_anywhere_is_read_or_refused_never_more(data):
    document = json.loads(EXAMPLE.read_text())
    at = document
    while True:
        key = data.draw(st.sampled_from(sorted(at)) if isinstance(at, dict) else st.integers(0, len(at) - 1))
        child = at[key]
        if not isinstance(child, (dict, list)) or not child or data.draw(st.booleans()):
            break
        at = child
    junk = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=5))
    at[key] = data.draw(st.one_of(junk, st.lists(junk, max_size=2), st.just(copy.deepcopy(document))))
    with contextlib.suppress(InvalidFormDefinition):
        form = read_form(json.dumps(document).encode())
        Draft202012Validator.check_schema(form_schema(form))
