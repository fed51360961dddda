"""Printed documents: accessible, in three languages, and deaf to code in what people write."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, timedelta

import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.documents import Template, render
from app.documents.rendering import TEMPLATES
from app.locale import Texts

AT = datetime(2026, 3, 10, 7, 0, tzinfo=UTC)
BASE = {
    "county": "Keski-Suomen hyvinvointialue",
    "controller": "Jyväskylän sote-keskus",
    "reference": "2026-00001",
    "date": date(2026, 3, 2),
    "name": "Matti Esimerkki",
}
CONTENT = {
    Template.BOOKING_CONFIRMATION: BASE
    | {
        "kind": "alkupalvelu",
        "starts_at": AT,
        "ends_at": AT + timedelta(minutes=45),
        "place": "Jyväskylän sote-keskus",
    },
    Template.SELF_CARE_PLAN: BASE
    | {
        "steps": [{"what": "Kävelen joka päivä", "when": "aamuisin"}, {"what": "Soitan Ohjaamoon", "when": ""}],
        "materials": ["Mielenterveystalo"],
        "contact_if": "Unettomuus jatkuu.",
        "check": date(2026, 3, 30),
    },
    Template.FUNCTIONAL_SUMMARY: BASE | {"summary": "Jaksaa 4 tuntia.", "approved_on": date(2026, 3, 1)},
    Template.UNREACHED_LETTER: BASE,
    Template.MEASURE_COMPARISON: BASE
    | {
        "first_on": date(2026, 4, 16),
        "last_on": date(2026, 10, 15),
        "measures": [
            {
                "measure": "tyokyky_0_10",
                "before": 4,
                "after": 6,
                "lowest": 0,
                "highest": 10,
                "change": "PARANI_SELVASTI",
            },
            {"measure": "mieli", "before": 40.5, "after": 52, "lowest": 0, "highest": 100, "change": "PARANI"},
            {
                "measure": "keho",
                "before": None,
                "after": 50,
                "lowest": 0,
                "highest": 100,
                "change": "EI_VERTAILTAVISSA",
            },
        ],
    },
    Template.FOLLOW_UP_SUMMARY: BASE
    | {
        "outcome": "Työllistynyt",
        "actions": [
            {"what": "Työkokeilu", "state": "valmis"},
            {"what": "Ammatillinen kuntoutus", "state": "kaynnissa"},
        ],
        "workplace_support": date(2026, 12, 1),
    },
    Template.CONSENT_FORM: BASE
    | {
        "purpose": "Työkyvyn tuen suunnittelu yhdessä",
        "parties": ["Sosiaalipalvelut", "Kela"],
        "groups": ["Perustiedot", "Suunnitelma"],
        "until": date(2027, 3, 10),
    },
    Template.LOG_REPORT: BASE
    | {
        "since": date(2024, 3, 10),
        "until": date(2026, 3, 9),
        "lines": [{"at": AT, "who": "Kela", "what": "read", "groups": ["Perustiedot", "Etuudet"]}],
    },
    Template.LOG_REFUSAL: BASE | {"since": date(2024, 3, 10), "until": date(2026, 3, 9), "reason": "Toisen oikeudet."},
    Template.INVITATION: BASE
    | {
        "starts_at": AT,
        "place": "Sosiaali- ja terveyskeskus",
        "invited": ["Lääkäri", "Kelan ratkaisuasiantuntija", "Yhteistyötaho"],
    },
    Template.STATEMENT_FRAME: BASE
    | {
        "born_on": date(1990, 5, 14),
        "kind": "B-lausunto",
        "purpose": "Kelan kuntoutus",
        "questions": "Onko kuntoutus tarpeen?",
        "background": [{"question": "Työhistoria", "answer": "Rakennuksilla\n\n2010–2024"}],
    },
    Template.DISCLOSURE: BASE
    | {
        "recipient": "Työllisyyspalvelut",
        "kind": "suunnitelma",
        "given_on": date(2026, 3, 1),
        "sections": [
            {"name": "Suunnitelma", "lines": [{"question": "Työuratavoite", "answer": "Osa-aikatyö\n\nkeväällä"}]}
        ],
    },
    Template.DATA_COPY: BASE
    | {"sections": [{"name": "Kuka olet", "lines": [{"question": "Nimi", "answer": "Matti Esimerkki"}]}]},
}
TITLES = {Template.DISCLOSURE: "documents.luovutus.kind_suunnitelma"}
EVERY = [(template, language) for template in Template for language in ("fi", "sv", "en")]


def read(document):
    return pypdf.PdfReader(io.BytesIO(document.pdf))


def text(document):
    return "\n".join(page.extract_text() for page in read(document).pages)


@pytest.mark.parametrize(("template", "language"), EVERY)
def test_every_document_is_tagged_and_says_its_title_language_and_standards(template, language):
    document = render(template, language, CONTENT[template])
    reader = read(document)
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root
    assert str(root["/Lang"]).startswith(language)
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert (
        reader.metadata.title
        == document.title
        == Texts.load(language)(TITLES.get(template, f"documents.{template}.title"))
    )
    metadata = root["/Metadata"].get_data()
    assert b"<pdfuaid:part>1</pdfuaid:part>" in metadata
    assert b"<pdfaid:part>2</pdfaid:part>" in metadata


@pytest.mark.parametrize(("template", "language"), EVERY)
def test_every_page_names_the_county_the_register_the_case_and_its_number(template, language):
    shown = text(render(template, language, CONTENT[template]))
    for part in ("Keski-Suomen hyvinvointialue", "Jyväskylän sote-keskus", "2026-00001", "1 / 1", "Matti Esimerkki"):
        assert part in shown


def test_times_are_those_of_finland_written_as_the_language_does():
    shown = {
        language: text(render(Template.BOOKING_CONFIRMATION, language, CONTENT[Template.BOOKING_CONFIRMATION]))
        for language in ("fi", "sv", "en")
    }
    assert "tiistai 10.3.2026 klo 9.00" in shown["fi"]
    assert "tisdag 10.3.2026 kl. 9.00" in shown["sv"]
    assert "Tuesday 10 March 2026 at 09:00" in shown["en"]
    assert "45 minuuttia" in shown["fi"]


def test_a_plan_that_goes_over_the_page_repeats_its_table_head_and_counts_its_pages():
    content = CONTENT[Template.SELF_CARE_PLAN] | {
        "steps": [{"what": f"Askel {number}", "when": "heti"} for number in range(60)]
    }
    reader = read(render(Template.SELF_CARE_PLAN, "fi", content))
    assert len(reader.pages) > 1
    for number, page in enumerate(reader.pages, start=1):
        assert f"{number} / {len(reader.pages)}" in page.extract_text()
    assert "Mitä teen" in reader.pages[1].extract_text()


def test_what_nobody_has_said_leaves_no_empty_heading():
    shown = text(render(Template.FUNCTIONAL_SUMMARY, "fi", BASE | {"summary": "Jaksaa."}))
    assert "Voimavarat" not in shown
    assert "ei ole vielä hyväksynyt" in shown


def test_a_comparison_says_both_scores_and_the_change_in_words():
    shown = text(render(Template.MEASURE_COMPARISON, "fi", CONTENT[Template.MEASURE_COMPARISON]))
    assert "Ensimmäinen mittaus 16.4.2026, viimeisin 15.10.2026." in shown
    for part in ("Parani selvästi", "40,5", "ei mitattu", "Ei vertailtavissa", "ei ole diagnoosi"):
        assert part in shown


def test_a_summary_of_the_follow_up_says_how_far_each_measure_came():
    shown = text(render(Template.FOLLOW_UP_SUMMARY, "sv", CONTENT[Template.FOLLOW_UP_SUMMARY]))
    for part in ("Työkokeilu", "klar", "fortsätter", "tisdag 1.12.2026"):
        assert part in shown


def test_a_log_report_says_who_did_what_with_which_data():
    shown = text(render(Template.LOG_REPORT, "fi", CONTENT[Template.LOG_REPORT]))
    for part in ("10.3.2024", "9.3.2026", "Kela", "katsoi", "Perustiedot, Etuudet"):
        assert part in shown


@pytest.mark.parametrize(
    "hostile",
    [
        '#read("/etc/passwd")',
        '#panic("x")',
        '#eval("1+1")',
        '#import "@preview/cetz:0.2.0"',
        "= Otsikko",
        "$x^2$ *b* _i_ `c` <label> @ref",
        "\\u{41} \\\\ \" ' // kommentti /* */",
        "]}) #1",
        "a\x00b\x1b[31m\x85c",
        "\u202eesrever",
    ],
)
def test_code_in_what_people_write_stays_text(hostile):
    plan = CONTENT[Template.SELF_CARE_PLAN] | {
        "name": hostile,
        "contact_if": hostile,
        "supporters": hostile,
        "materials": [hostile],
        "steps": [{"what": hostile, "when": hostile}],
    }
    shown = text(render(Template.SELF_CARE_PLAN, "fi", plan))
    assert "root:" not in shown
    if hostile.isascii() and hostile.isprintable() and " " not in hostile and '"' not in hostile:
        assert hostile in shown.replace("\n", "")


@settings(max_examples=15)
@given(st.text(max_size=60), st.text(max_size=200))
def test_any_text_can_be_printed(name, words):
    content = BASE | {"name": name or "-", "summary": words}
    assert render(Template.FUNCTIONAL_SUMMARY, "sv", content).pdf.startswith(b"%PDF-")


def test_names_in_other_scripts_are_printed_and_unknown_signs_are_replaced():
    names = {"Čáhppe Đorđe": "Čáhppe Đorđe", "Привет": "Привет", "Li 漢字": "Li \ufffd\ufffd", "a\u200bb\ue000": "ab"}
    for name, shown in names.items():
        assert shown in text(render(Template.FUNCTIONAL_SUMMARY, "fi", BASE | {"name": name}))


def test_the_same_content_gives_the_same_bytes():
    first, second = (render(Template.SELF_CARE_PLAN, "fi", CONTENT[Template.SELF_CARE_PLAN]) for _ in range(2))
    assert first.pdf == second.pdf


def test_what_is_missing_is_named():
    with pytest.raises(ValueError, match="place"):
        render(Template.BOOKING_CONFIRMATION, "fi", CONTENT[Template.BOOKING_CONFIRMATION] | {"place": None})


def test_a_language_that_we_do_not_have_is_refused():
    with pytest.raises(KeyError):
        render(Template.FUNCTIONAL_SUMMARY, "se", CONTENT[Template.FUNCTIONAL_SUMMARY])


def test_no_template_evaluates_text_or_reads_files_or_packages():

    for path in TEMPLATES.glob("*.typ"):
        source = path.read_text()
        for word in ("eval(", "read(", "@preview", "include "):
            assert word not in source, path.name
