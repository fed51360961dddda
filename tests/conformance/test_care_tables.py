"""Decision tables of the pathways against the requirement: every row, and the people of domain.md 7."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from app.engine.decisions import compile_decision, decide
from app.engine.forms import read_form

PROCESSES = Path(__file__).parents[2] / "processes"
NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
NS = {"dmn": "https://www.omg.org/spec/DMN/20191111/MODEL/"}
GROUPS = ("g_tyoton", "g_tyossa_ilman_tth", "g_tyossa_tth")
PHASES = ("PRIMAARI", "SEKUNDAARI", "TERTIAARI")
#: domain.md 4.5, written once more from the requirement: 47 items in order
CHECKLIST = {
    ("g_tyoton", "PRIMAARI"): "C01 C02 C04 C05 C07",
    ("g_tyoton", "SEKUNDAARI"): "C01 C02 C04 C06 C07",
    ("g_tyoton", "TERTIAARI"): "C08 C09 C11 C13 C14 C07 C15",
    ("g_tyossa_ilman_tth", "PRIMAARI"): "C01 C02 C04 C05 C07",
    ("g_tyossa_ilman_tth", "SEKUNDAARI"): "C01 C02 C04 C05 C07",
    ("g_tyossa_ilman_tth", "TERTIAARI"): "C08 C10 C12 C14 C07",
    ("g_tyossa_tth", "PRIMAARI"): "C01 C03 C04 C07 C16",
    ("g_tyossa_tth", "SEKUNDAARI"): "C01 C03 C04 C17 C07 C18",
    ("g_tyossa_tth", "TERTIAARI"): "C19 C20 C07 C21",
}


@cache
def table(decision_id: str) -> Any:
    [path] = PROCESSES.glob(f"*/{decision_id}.dmn")
    return compile_decision(path.read_bytes(), decision_id)


def answer(decision_id: str, **inputs: Any) -> Any:
    return decide(table(decision_id), inputs, now=NOW).output


# -- group and phase (4.4) -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("situation", "right", "care", "group"),
    [
        ("tyossa_tth", None, None, "g_tyossa_tth"),
        ("tyottomyysuhka", True, None, "g_tyossa_tth"),
        ("tyottomyysuhka", False, True, "g_tyossa_tth"),
        ("tyottomyysuhka", None, None, "g_tyossa_ilman_tth"),
        ("tyottomyysuhka", False, False, "g_tyossa_ilman_tth"),
        ("tyossa_ei_tth", None, True, "g_tyossa_ilman_tth"),
        ("tyoton", None, True, "g_tyoton"),
        ("opiskelija", None, None, "g_tyoton"),
        (None, None, None, "g_tyoton"),
    ],
)
def test_the_client_group_follows_the_work_situation(
    situation: str | None, right: bool | None, care: bool | None, group: str
) -> None:
    assert answer("dmn_asiakasryhma", tyotilanne=situation, tth_oikeus=right, tyoterveyshuolto=care) == group


def phase(**known: Any) -> Any:
    names = ("tyohon_paluu_ajankohtainen", "pysyva_alenema", "alenema", "asiakasryhma")
    nothing = dict.fromkeys((*names, "tyottomyys_pitkittynyt", "riskitekijoita"))
    return answer("dmn_vaihe", **(nothing | known))


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"tyohon_paluu_ajankohtainen": True, "alenema": True}, "TERTIAARI"),
        ({"pysyva_alenema": True, "asiakasryhma": "g_tyoton", "tyottomyys_pitkittynyt": True}, "TERTIAARI"),
        ({"pysyva_alenema": True, "asiakasryhma": "g_tyossa_tth", "tyottomyys_pitkittynyt": True}, "SEKUNDAARI"),
        ({"alenema": True, "riskitekijoita": 0}, "SEKUNDAARI"),
        ({"pysyva_alenema": True}, "SEKUNDAARI"),
        ({"tyohon_paluu_ajankohtainen": True, "riskitekijoita": 3}, "PRIMAARI"),
        ({"riskitekijoita": 1}, "PRIMAARI"),
        ({"riskitekijoita": 0, "alenema": False}, "EI_VAIHETTA"),
        ({"alenema": False}, "SELVITA"),
        ({}, "SELVITA"),
    ],
)
def test_the_phase_is_the_first_row_that_holds(known: dict[str, Any], expected: str) -> None:
    assert phase(**known) == expected


# -- the checklist (4.5) ---------------------------------------------------------------------------------------------


def test_the_checklist_has_every_item_of_the_requirement_in_order() -> None:
    found = {
        (group, step): answer("dmn_toimenpidelista", asiakasryhma=group, vaihe=step)
        for group in GROUPS
        for step in PHASES
    }
    assert {cell: " ".join(items) for cell, items in found.items()} == CHECKLIST
    assert sum(len(items) for items in found.values()) == 47


def test_the_form_asks_the_items_of_each_cell_in_its_order_with_the_texts_of_the_table() -> None:
    form = read_form((PROCESSES / "tyky_vaihetuki" / "forms" / "f_vaihe.json").read_bytes())
    labels = {field.key.upper(): field.label for field in form.fields}
    asked = [field.key.upper() for field in form.fields]
    for items in CHECKLIST.values():
        places = [asked.index(item) for item in items.split()]
        assert places == sorted(places)
    texts = json.loads((PROCESSES / "shared" / "decision_texts.json").read_text())
    root = etree.parse(PROCESSES / "tyky_vaihetuki" / "dmn_toimenpidelista.dmn").getroot()
    for rule in root.iterfind(".//dmn:rule", NS):
        item = rule.findtext("dmn:outputEntry/dmn:text", "", NS).strip('"')
        assert labels[item] == texts[f"dmn_toimenpidelista.{rule.findtext('dmn:description', '', NS)}"]


# -- occupational health (4.8) ---------------------------------------------------------------------------------------


def right_goes_on(
    ends: date, *, ground: str = "tuotannollinen_taloudellinen", big: bool = True, years: int = 11
) -> Any:
    return answer(
        "dmn_tth_oikeus",
        paattymisperuste=ground,
        tyonantajan_koko_30=big,
        tyosuhteen_kesto_v=years,
        tyosuhde_paattyy=ends,
        raja={"kesto_v": 5, "aika": "P6M"},
    )


def test_the_right_to_occupational_health_care_goes_on_for_half_a_year_after_a_dismissal() -> None:
    assert right_goes_on(date(2026, 2, 1)) is True
    assert right_goes_on(date(2025, 9, 3)) is True
    assert right_goes_on(date(2025, 9, 2)) is False
    assert right_goes_on(date(2026, 2, 1), years=4) is False
    assert right_goes_on(date(2026, 2, 1), big=False) is False
    assert right_goes_on(date(2026, 2, 1), ground="maaraaikainen") is False
    assert right_goes_on(date(2026, 3, 2), ground="muu", big=False, years=0) is True


# -- Kykyviisari (4.8) -----------------------------------------------------------------------------------------------

TEN = {"alku": 0, "loppu": 10}
HUNDRED = {"alku": 0, "loppu": 100}


def change(before: float | None, after: float | None, scale: Any = None, later_scale: Any = None) -> Any:
    scale = scale or TEN
    return answer(
        "dmn_kykyviisari_muutos",
        ennen=before,
        jalkeen=after,
        asteikko_ennen=scale,
        asteikko_jalkeen=later_scale or scale,
    )


def test_the_change_of_aino_is_as_the_requirement_tells() -> None:
    assert change(4, 6) == "PARANI_SELVASTI"
    assert change(5, 6) == "PARANI"
    assert [change(one, other, HUNDRED) for one, other in [(45, 55), (40, 52), (60, 62), (55, 60), (50, 50)]] == [
        "PARANI",
        "PARANI",
        "ENNALLAAN",
        "ENNALLAAN",
        "ENNALLAAN",
    ]


@pytest.mark.parametrize(
    ("before", "after", "scale", "later"),
    [(None, 5, TEN, TEN), (5, None, TEN, TEN), (50, 60, HUNDRED, TEN), (5, 6, {"alku": 3, "loppu": 3}, None)],
)
def test_what_is_missing_or_on_another_scale_is_not_compared(
    before: float | None, after: float | None, scale: Any, later: Any
) -> None:
    assert change(before, after, scale, later) == "EI_VERTAILTAVISSA"


@given(before=st.integers(0, 100), after=st.integers(0, 100))
def test_better_one_way_is_worse_the_other_way(before: int, after: int) -> None:
    opposite = {
        "PARANI_SELVASTI": "HEIKKENI_SELVASTI",
        "PARANI": "HEIKKENI",
        "ENNALLAAN": "ENNALLAAN",
        "HEIKKENI": "PARANI",
        "HEIKKENI_SELVASTI": "PARANI_SELVASTI",
    }
    assert change(after, before, HUNDRED) == opposite[change(before, after, HUNDRED)]
