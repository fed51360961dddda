"""
The DMN TCK's cases, as far as they lie beside the project, through compile_decision and decide.

What fails is listed with its reason and has to fail: a case that begins to pass is taken off the list, so that the list
is always the truth. Cases whose expected value is null are passed by an engine that fails on everything; the totals
therefore count the valued ones apart.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from tests.conformance import dmn_tck

SUITE = Path(os.environ.get("CONFORMANCE_SUITES", Path(__file__).parents[3] / "shared" / "suites")) / "dmn-tck"
CASES = list(dmn_tck.cases(SUITE)) if SUITE.is_dir() else []

#: case -> why it fails
KNOWN_FAILURES: dict[str, str] = {}

pytestmark = pytest.mark.skipif(not CASES, reason="the DMN TCK is not beside the project")


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.level}-{case.name}")
def test_case(case):
    passed, result = dmn_tck.run(case)
    if case.name in KNOWN_FAILURES:
        assert not passed, "passes now: take it off KNOWN_FAILURES"
    else:
        assert passed, f"expected {case.expected!r}, got {result!r}"


def test_no_case_of_level_2_is_a_known_failure():
    assert not [case.name for case in CASES if case.level == 2 and case.name in KNOWN_FAILURES]


def test_every_known_failure_is_a_case():
    assert KNOWN_FAILURES.keys() <= {case.name for case in CASES}


def test_totals(capsys):
    totals: Counter[tuple[int, str]] = Counter()
    for case in CASES:
        known = case.name in KNOWN_FAILURES
        totals[case.level, "all"] += 1
        totals[case.level, "pass"] += not known
        totals[case.level, "valued"] += case.valued
        totals[case.level, "valued pass"] += case.valued and not known
    with capsys.disabled():
        for level in (2, 3):
            print(
                f"\nDMN TCK level {level}: {totals[level, 'pass']}/{totals[level, 'all']},"
                f" valued {totals[level, 'valued pass']}/{totals[level, 'valued']}"
            )
    assert totals[2, "pass"] == totals[2, "all"]
