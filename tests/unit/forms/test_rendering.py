import dataclasses
import json
import re
from collections import Counter
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from lxml import html

from app.domain.errors import InvalidSubmission, Problem
from app.engine.forms import Upload, parse_submission, read_form
from app.web.forms import apply_action, build_form_view, conditions_now, problem_text, raw_of

TEMPLATES = Path(__file__).parents[3] / "app" / "web" / "templates"
PAGE = """{% from "forms/form.html" import form_body %}
<form method="post" action="/tasks/1" novalidate>{{ form_body(view, conditions_url="/tasks/1/conditions") }}</form>"""
LABELLED = ("input", "select", "textarea")


@pytest.fixture(scope="session")
def draw():
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.from_string(PAGE)
    return lambda view: html.document_fromstring(template.render(view=view))


def refused(form, raw, around):
    with pytest.raises(InvalidSubmission) as caught:
        parse_submission(form, raw, language="fi", around=around)
    return caught.value.problems


def controls(page):
    return [
        each
        for each in page.iter(*LABELLED)
        if each.get("type") != "hidden" and not any(above.tag == "template" for above in each.iterancestors())
    ]


def assert_accessible(page):
    ids = Counter(each.get("id") for each in page.iter() if isinstance(each.tag, str) and each.get("id"))
    assert [name for name, times in ids.items() if times > 1] == []
    labels = {label.get("for"): label.text_content().strip() for label in page.iter("label")}
    for control in controls(page):
        assert labels.get(control.get("id")), control.get("name")
    for each in page.iter():
        if not isinstance(each.tag, str):
            continue
        for attribute in ("aria-describedby", "aria-labelledby", "for"):
            for name in each.get(attribute, "").split():
                assert name in ids, f"{attribute} {name}"
        if each.tag == "a":
            assert each.get("href").removeprefix("#") in ids
    for fieldset in page.iter("fieldset"):
        assert fieldset[0].tag == "legend"
        assert fieldset[0].text_content().strip()


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_an_empty_form_is_accessible_in_every_language(form, around, draw, language):
    page = draw(build_form_view(form, raw={}, language=language, around=around))
    assert_accessible(page)
    assert form.title[language] not in ("", None)
    assert form.field_at(("nimi",)).label[language] in page.text_content()
    assert not re.search(r"\b(forms|problems)\.[a-z_]+", page.text_content())
    assert page.xpath("//*[@aria-invalid]") == []


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_a_refused_form_shows_each_problem_and_leads_to_it(form, around, draw, filled, language):
    raw = {**filled, "nimi": [""], "tyotilanne": [""], "tarpeet": [], "tyokyky": ["kahdeksan"]}
    raw["toimenpiteet-0-toimenpide"] = [""]
    problems = refused(form, raw, around)
    view = build_form_view(form, raw=raw, language=language, around=around, problems=problems)
    page = draw(view)
    assert_accessible(page)
    assert view.title_prefix
    [summary] = page.xpath("//*[@id='kyky-errors']")
    assert summary.get("tabindex") == "-1"
    assert len(summary.xpath(".//a")) == len(problems) == 5
    for link in summary.xpath(".//a"):
        target = page.get_element_by_id(link.get("href")[1:])
        assert target.tag in (*LABELLED, "button")
        named = target if target.get("aria-invalid") else target.getparent()
        assert named.xpath("ancestor-or-self::*[@aria-invalid='true']")
    assert page.get_element_by_id("f-tyokyky").get("value") == "kahdeksan"
    assert page.get_element_by_id("f-tyokyky-error").text_content().strip()


def test_a_group_without_rows_leads_to_its_button(form, around, draw, filled):
    raw = {name: sent for name, sent in filled.items() if not name.startswith("toimenpiteet")}
    [problem] = refused(form, raw, around)
    page = draw(build_form_view(form, raw=raw, language="fi", around=around, problems=[problem]))
    [link] = page.xpath("//*[@id='kyky-errors']//a")
    assert link.get("href") == "#f-toimenpiteet-add"
    assert page.get_element_by_id("f-toimenpiteet").get("aria-invalid") == "true"
    assert_accessible(page)


def test_everything_typed_is_kept(form, around, draw, filled):
    page = draw(build_form_view(form, raw=filled, language="fi", around=around))
    sent = {}
    for control in controls(page):
        if control.get("type") in ("radio", "checkbox"):
            if control.get("checked") is not None:
                sent.setdefault(control.get("name"), []).append(control.get("value"))
        elif control.tag == "select":
            sent[control.get("name")] = [
                option.get("value") for option in control.iter("option") if option.get("selected") is not None
            ]
        elif control.get("type") != "file":
            sent[control.get("name")] = [control.get("value") or (control.text or "").removeprefix("\n")]
    typed = {
        name.replace("-7-", "-1-"): [text.replace("\r\n", "\n") for text in texts]
        for name, texts in filled.items()
        if any(texts) and not name.endswith("_row")
    }
    assert {name: texts for name, texts in sent.items() if any(texts)} == typed


def test_hostile_answers_are_only_text(form, around, draw):
    raw = {"nimi": ['"><script>alert(1)</script>'], "yhteydenoton_syy": ["</textarea><script>x</script>"]}
    page = draw(build_form_view(form, raw=raw, language="fi", around=around))
    assert page.xpath("//script") == []
    assert page.get_element_by_id("f-nimi").get("value") == raw["nimi"][0]


def test_a_yes_or_no_that_must_be_answered_has_two_radios_and_none_is_chosen(form, around, draw):
    page = draw(build_form_view(form, raw={}, language="fi", around=around))
    radios = page.xpath("//input[@name='kiireellinen']")
    assert [each.get("value") for each in radios] == ["true", "false"]
    assert not any("checked" in each.attrib for each in radios)
    optional = page.xpath("//input[@name='turvakielto']")
    assert [each.get("value") for each in optional] == ["true", "false", ""]
    assert optional[2].get("checked") is not None


def test_few_options_are_radios_and_many_a_list(form, around, draw):
    page = draw(build_form_view(form, raw={}, language="fi", around=around))
    assert len(page.xpath("//input[@type='radio' and @name='tyotilanne']")) == 3
    assert page.get_element_by_id("f-vastuuhenkilo").tag == "select"
    assert page.xpath("//select[@name='toimenpiteet-0-palvelu']/option")[0].get("value") == ""


def test_conditions_reach_the_browser_only_where_it_can_tell(form, around, draw):
    page = draw(build_form_view(form, raw={}, language="fi", around=around))
    [hetu] = page.xpath("//*[@data-kyky-field='hetu']")
    assert hetu.get("data-show-if") == '{"op":"=","key":"hetu_puuttuu","value":false}'
    assert hetu.get("data-not-now") is not None
    [reason] = page.xpath("//*[@data-kyky-field='perustelu']")
    assert reason.get("data-required-if") is None
    assert reason.get("data-asks-server") is not None
    assert page.xpath("//*[@data-kyky-form]")[0].get("data-conditions-url") == "/tasks/1/conditions"
    [by_age] = page.xpath("//*[@data-kyky-field='nuoren_tuki']")
    assert by_age.get("data-asks-server") is None


def test_what_no_answer_can_show_is_not_on_the_page(form, around, draw):
    older = dataclasses.replace(around, contexts={"asia": {"ika": 55}})
    page = draw(build_form_view(form, raw={}, language="fi", around=older))
    assert page.xpath("//*[@data-kyky-field='nuoren_tuki']") == []


def test_without_script_every_conditional_field_can_be_filled(form, around, draw):
    page = draw(build_form_view(form, raw={}, language="fi", around=around))
    for name in ("hetu", "syntymaaika", "muu_tarve", "toimenpiteet-0-valmis"):
        [control] = page.xpath(f"//input[@name='{name}']")
        assert control.get("disabled") is None
        assert control.xpath("ancestor::*[@hidden]") == []


def test_read_only_and_computed_answers_are_shown_and_not_sent(form, around, draw, filled):
    known = dataclasses.replace(around, known={"ehdotus": "OMAHOITO"})
    page = draw(build_form_view(form, raw=filled, language="sv", around=known))
    assert page.get_element_by_id("f-ehdotus").text_content() == "Egenvård"
    assert page.get_element_by_id("f-pitkaaikaistyoton").text_content() == "Ja"
    assert page.xpath("//*[@name='ehdotus' or @name='pitkaaikaistyoton']") == []


def test_rows_are_added_and_removed_by_plain_submit_buttons(form, around, draw, filled):
    page = draw(build_form_view(form, raw=filled, language="fi", around=around))
    buttons = [each for each in page.xpath("//button[@name='_action']") if "__row__" not in each.get("value")]
    assert [each.get("value") for each in buttons] == [
        "remove:toimenpiteet:0",
        "remove:toimenpiteet:1",
        "add:toimenpiteet",
    ]
    assert all(each.get("type") == "submit" and each.get("formnovalidate") is not None for each in buttons)
    added = apply_action(form, filled, action="add:toimenpiteet")
    view = build_form_view(form, raw=added.raw, language="fi", around=around, focus_id=added.focus_id)
    page = draw(view)
    assert_accessible(page)
    [focused] = page.xpath("//*[@autofocus]")
    assert focused.get("id") == "f-toimenpiteet-2-toimenpide"
    removed = apply_action(form, added.raw, action="remove:toimenpiteet:0")
    page = draw(build_form_view(form, raw=removed.raw, language="fi", around=around, focus_id=removed.focus_id))
    assert page.get_element_by_id("f-toimenpiteet-0-toimenpide").get("value") == "Soita"
    assert page.xpath("//*[@autofocus]")[0].get("id") == "f-toimenpiteet-add"


@pytest.mark.parametrize("action", ["", "add:nimi", "add:muu", "remove:toimenpiteet", "remove:toimenpiteet:9", "add"])
def test_other_actions_are_no_row_actions(form, filled, action):
    assert apply_action(form, filled, action=action) is None


def test_a_group_takes_no_more_rows_than_it_may_have(form, filled):
    raw = filled
    for _ in range(3):
        raw = apply_action(form, raw, action="add:toimenpiteet").raw
    assert apply_action(form, raw, action="add:toimenpiteet") is None


def test_known_answers_fill_the_form_before_anybody_types(form, around, draw, filled):
    answers = parse_submission(form, filled, language="fi", around=around)
    raw = raw_of(form, answers.values, language="fi")
    assert raw["tyokyky"] == ["7,5"]
    assert raw["tyottomyys_alkanut"] == ["1.10.2024"]
    assert raw["aika"] == ["9.3.2026 13.00"]
    assert "pitkaaikaistyoton" not in raw
    assert parse_submission(form, raw, language="fi", around=around) == answers
    stored = {"tyottomyys_alkanut": "2024-10-01", "aika": "2026-03-09T11:00:00+00:00", "tyokyky": 7.5}
    assert raw_of(form, stored, language="fi") == {
        "tyottomyys_alkanut": ["1.10.2024"],
        "aika": ["9.3.2026 13.00"],
        "tyokyky": ["7,5"],
    }


def test_files_that_are_there_stay_and_new_ones_must_be_chosen_again(form, around, draw):
    raw = {"liitteet": ["77", Upload("a.pdf", b"%PDF-1")]}
    view = build_form_view(form, raw=raw, language="fi", around=around)
    page = draw(view)
    assert_accessible(page)
    assert view.has_files
    [stored] = page.xpath("//input[@type='hidden' and @name='liitteet']")
    assert stored.get("value") == "77"
    [line] = page.xpath("//ul[@class='kyky-files']/li")
    assert around.documents["77"].name in line.text_content()
    [remove] = line.xpath("./button[@name='_action']")
    assert remove.get("value") == "drop:liitteet:77"
    assert around.documents["77"].name in remove.text_content()
    assert "Valitse tiedosto uudelleen" in page.get_element_by_id("f-liitteet-hint").text_content()


def test_the_browser_is_told_what_holds_now(form, around):
    raw = {"hetu_puuttuu": ["true"], "tyottomyys_alkanut": ["1.10.2024"], "tyotilanne": ["tyoton"]}
    told = conditions_now(form, raw={**raw, "toimenpiteet-0-toistaiseksi": ["true"]}, language="fi", around=around)
    assert "hetu" in told["hidden"]
    assert "toimenpiteet-0-valmis" in told["hidden"]
    assert "syntymaaika" in told["required"]
    assert told["computed"] == {"pitkaaikaistyoton": "Kyllä"}


def test_no_problem_repeats_an_identity_code(form, around, filled):
    filled["hetu"] = ["140590-903A"]
    [problem] = refused(form, filled, around)
    for language in ("fi", "sv", "en"):
        text = problem_text(problem, form=form, language=language)
        assert "140590" not in text
        assert form.field_at(("hetu",)).label[language] in text


def test_a_problem_in_a_row_names_the_row(form):
    problem = Problem("required", place="toimenpiteet.1.toimenpide", name="toimenpide")
    assert problem_text(problem, form=form, language="fi") == "Täytä kohta ”Toimenpide, rivi 2”."


def test_numbers_in_problems_are_written_as_in_the_language(form):
    problem = Problem("too_large", place="tyokyky", name="tyokyky", values={"maximum": 7.5})
    assert "7,5" in problem_text(problem, form=form, language="fi")
    assert "7.5" in problem_text(problem, form=form, language="en")


def test_a_person_who_is_only_shown_is_shown_by_name(draw, around):
    own = read_form(
        json.dumps(
            {
                "id": "f_ehdotus",
                "title": {"fi": "Ehdotus", "sv": "Förslag", "en": "Proposal"},
                "dataGroup": "suunnitelma",
                "sections": [
                    {
                        "key": "ehdotus",
                        "title": {"fi": "Ehdotus", "sv": "Förslag", "en": "Proposal"},
                        "fields": [
                            {**shown("palvelut", "multiChoice"), "optionsFrom": "services", "readOnly": True},
                            {**shown("vastaava", "user"), "computed": 'string("101")'},
                        ],
                    }
                ],
            }
        ).encode()
    )
    known = dataclasses.replace(around, known={"palvelut": ["sv_1", "sv_2"]})
    page = draw(build_form_view(own, raw={}, language="fi", around=known)).text_content()
    assert "Palvelu 1, Palvelu 2" in page
    assert "Riikka Ranta" in page
    assert conditions_now(own, raw={}, language="fi", around=known)["computed"] == {"vastaava": "Riikka Ranta"}


def shown(key, kind):
    return {"key": key, "type": kind, "record": "answer", "label": {"fi": key, "sv": key, "en": key}}
