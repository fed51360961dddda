import dataclasses
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from app.domain.answers import gather
from app.domain.errors import InvalidSubmission
from app.domain.sharing import DataGroup
from app.engine.forms import Upload, look_at, parse_json_submission, parse_submission, read_form

PDF = Upload("C:\\omat\\lausunto.pdf", b"%PDF-1.7 ...")


def accept(form, raw, around, **options):
    return parse_submission(form, raw, language="fi", around=around, **options)


def problems(form, raw, around, **options):
    with pytest.raises(InvalidSubmission) as caught:
        accept(form, raw, around, **options)
    return {problem.place: problem.code for problem in caught.value.problems}


def test_a_right_submission_becomes_typed_answers(form, filled, around):
    values = accept(form, filled, around).values
    assert values["hetu"] == "140590-903D"
    assert values["hetu_puuttuu"] is False
    assert values["kaynnit_12kk"] == 12
    assert values["tyokyky"] == Decimal("7.5")
    assert values["tyottomyys_alkanut"] == date(2024, 10, 1)
    assert values["aika"] == datetime(2026, 3, 9, 11, 0, tzinfo=UTC)
    assert values["yhteydenoton_syy"] == "Flunssa on\npitkittynyt"
    assert values["tarpeet"] == ["N01", "N02"]
    assert "turvakielto" not in values


def test_computed_values_are_ours(form, filled, around):
    assert accept(form, filled, around).values["pitkaaikaistyoton"] is True
    filled["tyottomyys_alkanut"] = ["1.2.2026"]
    assert accept(form, filled, around).variables["pitkaaikaistyoton"] is False


def test_the_process_gets_only_what_it_decides_on_and_null_for_what_is_not_answered(form, filled, around):
    variables = accept(form, filled, around).variables
    assert variables == {
        "kieli": "fi",
        "turvakielto": None,
        "tyotilanne": "tyoton",
        "pitkaaikaistyoton": True,
        "kiireellinen": False,
        "aika": datetime(2026, 3, 9, 11, 0, tzinfo=UTC),
        "paatos": "TIIMI",
        "vastuuhenkilo": "101",
        "taho": "o_kela",
        "suostumus_id": None,
    }


def test_the_care_core_gets_each_answer_with_its_data_group(form, filled, around):
    records = {record.key: record for record in accept(form, filled, around).records}
    assert str(records["hetu"].target) == "client.identity_code"
    assert records["hetu"].data_group is DataGroup.BASIC
    assert records["yhteydenoton_syy"].data_group is DataGroup.HEALTH
    assert records["tyoterveyshuolto"].value == "ei_tietoa"
    assert records["tyoterveyshuolto"].fact is None
    assert records["turvakielto"].value is None
    assert "syntymaaika" not in records
    assert "kiireellinen" not in records


def test_a_column_of_another_data_group_leaves_its_rows_and_comes_back(form, filled, around):
    answers = accept(form, filled, around)
    records = {record.key: record for record in answers.records}
    assert [set(row) for row in records["toimenpiteet"].value] == [
        {"toimenpide", "palvelu", "toistaiseksi", "valmis"}
    ] * 2
    assert records["toimenpiteet.huomio"].data_group is DataGroup.HEALTH
    assert records["toimenpiteet.huomio"].value == ["Selkä", None]
    stored = {record.key: record.value for record in answers.records}
    rows = gather(form, answers=stored)["toimenpiteet"]
    assert [row["huomio"] for row in rows] == ["Selkä", None]
    stored.pop("toimenpiteet.huomio")
    assert "huomio" not in gather(form, answers=stored)["toimenpiteet"][0]


def test_nothing_that_identifies_shows_in_a_log(form, filled, around):
    answers = accept(form, filled, around)
    assert "140590" not in repr(answers)
    assert "Matti" not in repr(answers)
    assert "Matti" not in repr(answers.records)


def test_an_empty_form_names_all_that_is_missing_in_the_order_of_the_form(form, around):
    with pytest.raises(InvalidSubmission) as caught:
        accept(form, {}, around)
    assert [(problem.place, problem.code) for problem in caught.value.problems] == [
        ("hetu_puuttuu", "required_choice"),
        ("nimi", "required"),
        ("puhelin", "required"),
        ("kieli", "required_choice"),
        ("yhteydenoton_syy", "required"),
        ("tyotilanne", "required_choice"),
        ("tarpeet", "required_choices"),
        ("kiireellinen", "required_choice"),
        ("paatos", "required_choice"),
        ("toimenpiteet", "required_row"),
    ]


def test_a_no_is_an_answer_and_nothing_is_not(form, filled, around):
    del filled["kiireellinen"]
    assert problems(form, filled, around) == {"kiireellinen": "required_choice"}


@pytest.mark.parametrize(
    ("name", "sent", "code"),
    [
        ("hetu", "140590-903A", "identity_code_check"),
        ("hetu", "joku", "identity_code_format"),
        ("hetu", "", "required"),
        ("puhelin", "soita", "pattern"),
        ("nimi", "a" * 201, "too_long"),
        ("nimi", "\x00", "not_text_character"),
        ("nimi", "\ud800", "not_text_character"),
        ("yhteydenoton_syy", "a" * 20_001, "too_long"),
        ("kieli", "kl", "not_an_option"),
        ("tyotilanne", "muu", "not_an_option"),
        ("tyottomyys_alkanut", "31.2.2024", "not_date"),
        ("tyottomyys_alkanut", "2024-02-31", "not_date"),
        ("tyottomyys_alkanut", "1.1.24", "not_date"),
        ("tyottomyys_alkanut", "", "required_date"),
        ("kaynnit_12kk", "12,5", "not_integer"),
        ("kaynnit_12kk", "-1", "too_small"),
        ("kaynnit_12kk", "366", "too_large"),
        ("kaynnit_12kk", "9" * 5000, "not_integer"),
        ("tyokyky", "kymmenen", "not_decimal"),
        ("tyokyky", "10,1", "too_large"),
        ("tyokyky", "NaN", "not_decimal"),
        ("aika", "9.3.2026", "not_date_time"),
        ("aika", "9.3.2026 25.00", "not_date_time"),
        ("aika", "29.3.2026 klo 3.30", "no_such_time"),
        ("kiireellinen", "on", "not_boolean"),
        ("vastuuhenkilo", "999", "not_an_option"),
        ("taho", "o_muu", "not_an_option"),
        ("suostumus_id", "x" * 300, "not_an_option"),
        ("pitkaaikaistyoton", "true", "not_writable"),
        ("ehdotus", "TIIMI", "not_writable"),
        ("liitteet", "123", "unknown_document"),
        ("toimenpiteet-7-toimenpide", "", "required"),
        ("toimenpiteet-7-toistaiseksi", "false", "required_date"),
        ("toimenpiteet-0-palvelu", "sv_x", "not_an_option"),
    ],
)
def test_a_wrong_answer_is_refused_at_its_place(form, filled, around, name, sent, code):
    filled[name] = [sent]
    place = name.replace("-7-", ".1.").replace("-0-", ".0.")
    if name == "toimenpiteet-7-toistaiseksi":
        place = "toimenpiteet.1.valmis"
    assert problems(form, filled, around) == {place: code}


@pytest.mark.parametrize(
    ("name", "sent", "value"),
    [
        ("tyottomyys_alkanut", " 01.10.2024 ", date(2024, 10, 1)),
        ("tyottomyys_alkanut", "1. 10. 2024", date(2024, 10, 1)),
        ("tyottomyys_alkanut", "2024-10-01", date(2024, 10, 1)),
        ("kaynnit_12kk", "1\u00a02", 12),
        ("tyokyky", "7.25", Decimal("7.25")),
        ("aika", "9.3.2026 kl. 13:00", datetime(2026, 3, 9, 11, tzinfo=UTC)),
        ("aika", "2026-03-09T13:00", datetime(2026, 3, 9, 11, tzinfo=UTC)),
        ("aika", "2026-03-09T11:00:00Z", datetime(2026, 3, 9, 11, tzinfo=UTC)),
        ("nimi", " A\u0308iti ", "Äiti"),
    ],
)
def test_what_people_write_is_understood(form, filled, around, name, sent, value):
    filled[name] = [sent]
    assert accept(form, filled, around).values[name] == value


def test_a_code_of_somebody_not_yet_born_is_refused(form, filled, around):
    filled["hetu"] = ["010190B929T"]
    assert set(problems(form, filled, around)) == {"hetu"}


def test_hidden_answers_are_dropped_and_not_required(form, filled, around):
    filled |= {"hetu_puuttuu": ["true"], "hetu": ["vanha roska"], "syntymaaika": ["1.1.1990"]}
    answers = accept(form, filled, around)
    assert "hetu" not in answers.values
    assert "hetu" not in {record.key for record in answers.records}
    assert answers.values["syntymaaika"] == date(1990, 1, 1)


def test_a_condition_of_a_row_looks_at_its_own_row(form, filled, around):
    filled["toimenpiteet-7-valmis"] = ["1.5.2026"]
    rows = accept(form, filled, around).values["toimenpiteet"]
    assert rows[0]["valmis"] == date(2026, 4, 1)
    assert "valmis" not in rows[1]


def test_a_condition_may_look_at_the_case(form, filled, around):
    filled["nuoren_tuki"] = ["true"]
    assert accept(form, filled, around).values["nuoren_tuki"] is True
    older = dataclasses.replace(around, contexts={"asia": {"ika": 55}})
    assert "nuoren_tuki" not in accept(form, filled, older).values
    unknown = dataclasses.replace(around, contexts={})
    assert "nuoren_tuki" not in accept(form, filled, unknown).values


def test_deviating_from_the_proposal_needs_a_reason(form, filled, around):
    proposed = dataclasses.replace(around, known={"ehdotus": "OMAHOITO"})
    assert problems(form, filled, proposed) == {"perustelu": "required"}
    filled["perustelu"] = ["Asiakas tarvitsee verkoston"]
    assert accept(form, filled, proposed).values["perustelu"] == "Asiakas tarvitsee verkoston"


def test_an_expression_that_fails_is_a_problem_of_its_field(form, filled, around):
    wrong = dataclasses.replace(around, contexts={"asia": {"ika": "vanha"}})
    assert problems(form, filled, wrong) == {"nuoren_tuki": "expression_failed"}


def test_only_fields_of_the_form_are_accepted(form, filled, around):
    assert problems(form, {**filled, "rooli": ["admin"]}, around) == {"": "unknown_field"}
    assert problems(form, {**filled, "__proto__": ["x"]}, around) == {"": "unknown_field"}
    assert problems(form, {**filled, "toimenpiteet-0-rooli": ["x"]}, around) == {"": "unknown_field"}
    assert problems(form, {**filled, "toimenpiteet-0": ["x"]}, around) == {"": "unknown_field"}
    assert accept(form, {**filled, "csrf": ["x"], "_action": ["complete"]}, around, ignore=["csrf"])


def test_the_name_of_an_unknown_field_is_not_repeated(form, filled, around):
    with pytest.raises(InvalidSubmission) as caught:
        accept(form, {**filled, "140590-903D": ["x"]}, around)
    assert "140590" not in repr(caught.value.problems) + str(caught.value)


def test_a_single_answer_cannot_be_given_twice(form, filled, around):
    filled["paatos"] = ["TIIMI", "OMAHOITO"]
    assert problems(form, filled, around) == {"paatos": "several_values"}


def test_rows_with_nothing_in_them_are_no_answers(form, filled, around):
    filled |= {"toimenpiteet-3-_row": ["1"], "toimenpiteet-3-toimenpide": [" "], "toimenpiteet-3-palvelu": [""]}
    assert len(accept(form, filled, around).values["toimenpiteet"]) == 2


def test_a_problem_points_at_the_row_that_the_person_sees(form, filled, around):
    filled |= {"toimenpiteet-3-_row": ["1"], "toimenpiteet-7-toimenpide": ["x" * 501]}
    assert problems(form, filled, around) == {"toimenpiteet.2.toimenpide": "too_long"}


def test_too_many_rows_are_refused(form, filled, around):
    for row in range(10, 20):
        filled[f"toimenpiteet-{row}-toimenpide"] = ["x"]
        filled[f"toimenpiteet-{row}-toistaiseksi"] = ["true"]
    assert problems(form, filled, around) == {"toimenpiteet": "too_many_items"}


def test_a_file_goes_to_the_documents_with_its_data_group(form, filled, around):
    filled["liitteet"] = ["77", PDF]
    answers = accept(form, filled, around)
    [new] = answers.files
    assert new.name == "lausunto.pdf"
    assert new.media_type == "application/pdf"
    assert new.data_group is DataGroup.HEALTH
    assert [each.get("documentKey") for each in answers.values["liitteet"]] == ["77", None]
    assert answers.values["liitteet"][1]["sha256"] == new.sha256


def test_files_have_a_number_and_a_kind(form, filled, around):
    filled["liitteet"] = [PDF] * 4
    assert problems(form, filled, around) == {"liitteet": "too_many_items"}
    filled["liitteet"] = [Upload("ohjelma.pdf", b"MZ\x90")]
    assert problems(form, filled, around) == {"liitteet": "file_type"}
    filled["nimi"] = [PDF]
    assert problems(form, filled, around)["nimi"] == "several_values"


def test_an_untouched_file_input_is_no_answer(form, filled, around):
    filled["liitteet"] = [Upload("", b"")]
    assert "liitteet" not in accept(form, filled, around).values


JSON = {
    "hetu_puuttuu": False,
    "hetu": "140590-903D",
    "nimi": "Matti Meikäläinen",
    "puhelin": "040 123 4567",
    "kieli": "fi",
    "yhteydenoton_syy": "Flunssa",
    "tyotilanne": "tyossa_tth",
    "tyokyky": 7.5,
    "tarpeet": ["N01"],
    "kiireellinen": True,
    "aika": "2026-03-09T13:00:00+02:00",
    "paatos": "TIIMI",
    "toimenpiteet": [{"toimenpide": "Varaa aika", "toistaiseksi": False, "valmis": "2026-04-01"}],
    "liitteet": ["77"],
}


def parse_json(form, submission, around):
    return parse_json_submission(form, submission, language="fi", around=around)


def test_json_says_the_same_as_a_web_form(form, filled, around):
    submission = {
        **{key: value for key, value in JSON.items() if key != "liitteet"},
        "yhteydenoton_syy": "Flunssa on\npitkittynyt",
        "tyotilanne": "tyoton",
        "tyoterveyshuolto": "ei_tietoa",
        "tyottomyys_alkanut": "2024-10-01",
        "kaynnit_12kk": 12,
        "tarpeet": ["N01", "N02"],
        "kiireellinen": False,
        "vastuuhenkilo": "101",
        "taho": "o_kela",
        "suostumus_id": None,
        "toimenpiteet": [
            {
                "toimenpide": "Varaa aika",
                "palvelu": "sv_1",
                "toistaiseksi": False,
                "valmis": "2026-04-01",
                "huomio": "Selkä",
            },
            {"toimenpide": "Soita", "toistaiseksi": True},
        ],
    }
    assert parse_json(form, submission, around) == accept(form, filled, around)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"kiireellinen": "true"}, {"kiireellinen": "not_boolean"}),
        ({"tyokyky": "7"}, {"tyokyky": "not_decimal"}),
        ({"tyokyky": float("inf")}, {"tyokyky": "not_decimal"}),
        ({"kaynnit_12kk": 1.5}, {"kaynnit_12kk": "not_integer"}),
        ({"kaynnit_12kk": True}, {"kaynnit_12kk": "not_integer"}),
        ({"kaynnit_12kk": 10**6000}, {"kaynnit_12kk": "not_integer"}),
        ({"nimi": 5}, {"nimi": "not_text"}),
        ({"nimi": {"a": 1}}, {"nimi": "not_text"}),
        ({"tarpeet": "N01"}, {"tarpeet": "not_a_list"}),
        ({"tarpeet": ["N01", "X"]}, {"tarpeet": "not_an_option"}),
        ({"syntymaaika": "1.1.1990", "hetu_puuttuu": True}, {"syntymaaika": "not_date"}),
        ({"toimenpiteet": {"0": {}}}, {"toimenpiteet": "not_rows"}),
        ({"toimenpiteet": [1]}, {"toimenpiteet": "not_rows"}),
        ({"toimenpiteet": [{"toimenpide": "a", "toistaiseksi": 1}]}, {"toimenpiteet.0.toistaiseksi": "not_boolean"}),
        ({"toimenpiteet": [{"x": 1}]}, {"": "unknown_field", "toimenpiteet": "required_row"}),
        ({"liitteet": ["78"]}, {"liitteet": "unknown_document"}),
        ({"ehdotus": "TIIMI"}, {"ehdotus": "not_writable"}),
        ({"x": 1}, {"": "unknown_field"}),
    ],
)
def test_wrong_json_is_refused_at_its_place(form, around, changes, expected):
    with pytest.raises(InvalidSubmission) as caught:
        parse_json(form, {**JSON, **changes}, around)
    assert {problem.place: problem.code for problem in caught.value.problems} == expected


@pytest.mark.parametrize("submission", [None, [], "x", 5])
def test_a_submission_is_an_object(form, around, submission):
    with pytest.raises(InvalidSubmission) as caught:
        parse_json(form, submission, around)
    assert caught.value.problems[-1].code == "not_an_object"


def test_looking_refuses_nothing(form, around):
    situation = look_at(form, {"hetu_puuttuu": ["true"], "nimi": [PDF], "tyotilanne": ["?"]}, around=around)
    assert "hetu" in situation.hidden
    assert "syntymaaika" not in situation.hidden
    assert "syntymaaika" in situation.required
    assert "hetu" not in situation.required
    assert situation.computed == {"pitkaaikaistyoton": None}


def test_what_is_asked_anew_is_never_filled_from_an_earlier_answer():
    text = {"fi": "x", "sv": "x", "en": "x"}
    source = {
        "id": "f_turva",
        "title": text,
        "dataGroup": "terveys",
        "sections": [
            {
                "key": "s",
                "title": text,
                "fields": [
                    {"key": "kiireellinen", "type": "boolean", "label": text, "record": "answer", "askAgain": True},
                    {"key": "lahde", "type": "text", "label": text, "record": "answer"},
                ],
            }
        ],
    }
    form = read_form(json.dumps(source).encode())
    assert gather(form, answers={"kiireellinen": True, "lahde": "ITSE"}) == {"lahde": "ITSE"}
