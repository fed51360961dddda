from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.domain.errors import ExpressionError
from app.engine.feel import HELSINKI, Ask, Kind, YearsMonths, check, evaluate, evaluate_one

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
CONTEXT = {
    "ika": 40,
    "tulos": "tarjottu",
    "lista": [3, 1, 2],
    "palvelut": [{"koodi": "a", "hinta": 10}, {"koodi": "b", "hinta": 30}],
    "paiva": date(2026, 1, 31),
    "hetki": datetime(2026, 1, 1, 12, tzinfo=UTC),
    "asia": {"ika": 40, "kunta": None},
    "viite": {"raja": 18, "vastaus": timedelta(days=14)},
    "count": 5,
}


def value_of(text, context=CONTEXT, now=NOW):
    return evaluate_one(text, context, now=now)


def error_of(text, context=CONTEXT):
    with pytest.raises(ExpressionError) as failed:
        value_of(text, context)
    return failed.value.code


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('asia.ika >= viite.raja and tulos = "tarjottu"', True),
        ("lista[item > 1]", [3, 2]),
        ('palvelut[koodi = "b"][1].hinta', 30),
        ("palvelut[hinta > 5].koodi", ["a", "b"]),
        ('palvelut[contains(koodi, "b")].hinta', [30]),
        ("lista[-1]", 2),
        ("lista[7]", None),
        ("for i in 1..3, j in [i, 10] return i * j", [1, 10, 4, 20, 9, 30]),
        ("for i in 1..4 return if i = 1 then 1 else partial[-1] * i", [1, 2, 6, 24]),
        ("some x in lista satisfies x > 2", True),
        ("every x in lista satisfies x > 2", False),
        ("every x in [1, null] satisfies x > 0", None),
        ('if "ei totuusarvo" then 1 else 2', 2),
        ("{x: 1, y: x + 1}.y", 2),
        ("{f: function(n) n * 2}.f(4)", 8),
        ("null or true", True),
        ("null and true", None),
        ("ika in (1, [30..50])", True),
        ("ika in (< 18, > 65)", False),
        ("ika between 40 and 41", True),
        ("puuttuva", None),
        ("puuttuva = null", True),
        ("count(lista)", 3),
        ("count", 5),
        ("1e3", 1000),
        ("-(2 + 3)", -5),
        ("2 ** 10", 1024),
        ("5 / 0", None),
        ('"a" + "b"', "ab"),
        ('"a" + 1', None),
        ('string length("äiti😀")', 5),
        ("asia.ika instance of number", True),
    ],
)
def test_expressions_mean_what_feel_says(text, value):
    assert value_of(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("get or else(puuttuva, 3)", 3),
        ('get or else(asia.kunta, "-")', "-"),
        ("is defined(puuttuva)", False),
        ("is defined(tulos)", True),
        ('get value(asia, "ika")', 40),
        ('get value({a: {b: 5}}, ["a", "b"])', 5),
        ('context put(asia, "ika", 41).ika', 41),
        ('context put({a: {b: 1}}, ["a", "b"], 2).a.b', 2),
        ("context merge([{a: 1}, {b: 2}])", {"a": 1, "b": 2}),
        ("get entries({a: 1})", [{"key": "a", "value": 1}]),
        ("is empty([])", True),
        ('string join(["a", null, "b"], ", ")', "a, b"),
        ('string join(["a", "b"], "-", "<", ">")', "<a-b>"),
        ("partition([1, 2, 3, 4, 5], 2)", [[1, 2], [3, 4], [5]]),
        ("duplicate values([1, 2, 1, 3, 3])", [1, 3]),
        ('extract("t1 t22", "\\\\d+")', ["1", "22"]),
        ('is blank("  ")', True),
        ('trim(" a ")', "a"),
        ("last day of month(paiva)", date(2026, 1, 31)),
        ("assert(ika, ika > 18)", 40),
    ],
)
def test_camundas_built_in_functions_are_there(text, value):
    assert value_of(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("median([10, 9, 2])", 9),
        ('min("b", "a")', "a"),
        ('max([date("2026-01-01"), date("2026-02-01")])', date(2026, 2, 1)),
        ('list contains([date("2026-01-31")], paiva)', True),
        ("index of([1, 2, 1], 1)", [1, 3]),
        ("sort(lista, function(x, y) x < y)", [1, 2, 3]),
        ("round half up(2.675, 2)", 2.68),
        ("decimal(2.5, 0)", 2),
        ("floor(-1.5)", -2),
        ("modulo(-12, 5)", 3),
        ("mode([6, 3, 9, 6, 6, 3, 3])", [3, 6]),
        ('replace("abc", "(b)", "[$1]")', "a[b]c"),
        ('matches("foobar", "^fo+b")', True),
        ('matches("Foo", "^foo", "i")', True),
        ('split("a;b;;c", ";")', ["a", "b", "", "c"]),
        ("overlaps([1..5], [5..8])", True),
        ("overlaps before([1..5], [4..8])", True),
        ("during(2, [1..5])", True),
        ("finishes(5, [1..5])", True),
        ("coincides([1..5], [1..5])", True),
        ('substring("äiti", 2, 2)', "it"),
        ("distinct values([1, 2, 1, null, null])", [1, 2, None]),
        ("remove([1, 2, 3], 2)", [1, 3]),
        ('number("1 234,5", " ", ",")', 1234.5),
    ],
)
def test_built_in_functions_follow_the_standard_where_feelin_does_not(text, value):
    assert value_of(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('paiva + duration("P1M")', date(2026, 2, 28)),
        ('paiva + duration("PT36H")', date(2026, 2, 1)),
        ('date("2026-03-01") - paiva', timedelta(days=29)),
        ("viite.vastaus * 2", timedelta(days=28)),
        ("-viite.vastaus", timedelta(days=-14)),
        ('duration("P1Y2M")', YearsMonths(14)),
        ('duration("P1Y") / duration("P6M")', 2),
        ('duration("P1Y") > duration("P11M")', True),
        ('years and months duration(date("2011-12-22"), date("2013-08-24"))', YearsMonths(20)),
        ("hetki < now()", True),
        ('date and time("2026-03-29T02:00:00@Europe/Helsinki") - date and time("2026-03-29T00:00:00Z")', timedelta()),
        ('date and time("2026-05-04T12:30:00") < now()', False),
        ('date and time("2026-05-04T12:29:00") < now()', True),
        ('time("10:00:00")', time(10)),
        ('@"2026-01-31" = paiva', True),
        ("paiva.weekday", 6),
        ("day of week(paiva)", "Saturday"),
        ('date("2026-13-01")', None),
        ('date("20260101")', None),
    ],
)
def test_temporal_values_keep_their_type_and_their_arithmetic(text, value):
    assert value_of(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"Hei,\nmaailma"', "Hei,\nmaailma"),
        ('"a\r\n{b}" + "\n(c"', "a\r\n{b}\n(c"),
        ('"a\\\nb"', "a\\\nb"),
        ('if tulos =\n"tarjottu" then "1.\n2." else null', "1.\n2."),
        ('{"a\nb": 1}', {"a\nb": 1}),
        ("`ika` + 1", 41),
        ("`a-b` + 1", 8),
        ("asia.`ika`", 40),
    ],
)
def test_line_breaks_in_texts_and_names_in_backticks_are_read_as_camunda_reads_them(text, value):
    assert value_of(text, {**CONTEXT, "a-b": 7}) == value


def test_a_text_over_several_lines_is_also_a_cell_of_a_table():
    [answer] = evaluate([Ask('"a\nb", "c"', kind=Kind.UNARY_TESTS)], [{"?": "a\nb"}], now=NOW)
    assert answer.value is True


def test_today_is_the_day_in_helsinki():
    late = datetime(2026, 5, 3, 23, 30, tzinfo=UTC)
    assert value_of("today()", now=late) == date(2026, 5, 4)
    assert value_of("now()", now=late) == late
    assert value_of("now().hour", now=late) == 2


@pytest.mark.parametrize(
    ("moment", "clock"),
    [
        (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), time(2, 59)),
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), time(4, 0)),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), time(3, 30)),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), time(3, 30)),
    ],
)
def test_now_is_the_instant_on_both_sides_of_summer_time(moment, clock):
    here = value_of("now()", now=moment)
    assert here.astimezone(UTC) == moment
    assert here.replace(tzinfo=None).time() == clock
    assert value_of("a = now()", {"a": moment}, now=moment) is True


def test_days_added_over_summer_time_keep_the_clock():
    spring = datetime(2026, 3, 20, 7, 0, tzinfo=UTC)
    assert value_of('now() + duration("P14D")', now=spring) == datetime(2026, 4, 3, 9, 0, tzinfo=HELSINKI)
    assert value_of('now() + duration("P14D") - now()', now=spring) == timedelta(days=13, hours=23)


@pytest.mark.parametrize(
    "text",
    [
        'paiva = "2026-01-31"',
        'paiva < "2026-02-01"',
        '"2026-01-31" >= paiva',
        'paiva in ("2026-01-31")',
        'paiva between "2026-01-01" and "2026-12-31"',
        'hetki != "2026-01-01T12:00:00Z"',
        'viite.vastaus = "P14D"',
        "paiva < hetki",
        'ika > "18"',
        "tulos = 1",
    ],
)
def test_comparing_values_of_different_kinds_is_an_error_not_a_silent_no(text):
    assert error_of(text) == "feel_types"


def test_null_can_be_compared_with_everything():
    assert value_of("paiva = asia.kunta") is False
    assert value_of("asia.kunta < 5") is None
    assert value_of('asia.kunta != "x"') is True


@pytest.mark.parametrize("text", ["olematon(1)", "tulos(1)", "random number()", "uuid()"])
def test_calling_what_is_no_function_is_an_error(text):
    assert error_of(text) == "feel_function"


@pytest.mark.parametrize("text", ["function(x) x", "[1..5]", "sum", "{a: count}.b + sum"])
def test_functions_and_ranges_do_not_leave_feel(text):
    try:
        assert value_of(text) is None
    except ExpressionError as error:
        assert error.code == "feel_value"  # noqa: PT017 - both answers are right


@pytest.mark.parametrize(
    "text", ["", "1 +", "(1", "a b c (", "if x", '"', "#", "{a: }", "for x in y", "1 2", '"a\nb', "`a"]
)
def test_what_cannot_be_parsed_is_refused(text):
    with pytest.raises(ExpressionError) as refused:
        check(text)
    assert refused.value.code == "feel_syntax"
    assert error_of(text) == "feel_syntax"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('asia.ika > viite.raja and tulos = "x"', {"asia.ika", "viite.raja", "tulos"}),
        ("some y in lista satisfies y.a > q", {"lista", "q"}),
        ("for i in 1..n return i + partial[-1]", {"n"}),
        ("{x: a, y: x}.y", {"a"}),
        ("function(p) p + b", {"b"}),
        ("palvelut[hinta > raja].koodi", {"palvelut", "hinta", "raja"}),
        ("count(lista) + get or else(muu, 0)", {"lista", "muu"}),
        ("now() + duration(viite.t_x)", {"viite.t_x"}),
        ("x instance of list<number>", {"x"}),
        ('"teksti"', set()),
        ('"a\nb" + `x-y`', {"x-y"}),
    ],
)
def test_check_tells_what_an_expression_takes_from_outside(text, names):
    assert check(text) == names


@pytest.mark.parametrize(
    "text",
    [
        "olematon(1)",
        "x instance of tOma",
        "tulos ika",
        "uuid()",
        "random number() > 1",
        'function(a) external {java: {class: "x"}}',
    ],
)
def test_check_refuses_what_could_only_fail_later(text):
    with pytest.raises(ExpressionError):
        check(text)


def test_unary_tests_are_checked_and_evaluated_as_such():
    assert check('"a", "b", > raja', kind=Kind.UNARY_TESTS) == {"raja"}
    with pytest.raises(ExpressionError):
        check('"a", "b"')
    asks = [Ask(text, 0, Kind.UNARY_TESTS) for text in ("< 18, > 65", "not([30..50])", "-", "40", "? > raja", "null")]
    answers = evaluate(asks, [{"?": 40, "raja": 18}], now=NOW)
    assert [answer.value for answer in answers] == [False, False, True, True, True, False]


def test_one_bad_expression_does_not_spoil_the_others():
    answers = evaluate(
        [Ask("ika + 1"), Ask("1 +"), Ask('paiva = "x"'), Ask("b", 1)], [CONTEXT, {"b": "toinen"}], now=NOW
    )
    assert [answer.value for answer in answers] == [41, None, None, "toinen"]
    assert [None if answer.error is None else answer.error.code for answer in answers] == [
        None,
        "feel_syntax",
        "feel_types",
        None,
    ]


def test_a_null_is_explained():
    [answer] = evaluate([Ask("puuttuva.nimi + 1")], [{}], now=NOW)
    assert answer.value is None
    assert "NO_VARIABLE_FOUND puuttuva" in answer.warnings


def test_names_with_spaces_and_operators_are_found():
    context = {"Kuukausi palkka": 100, "a-b": 7, "Laina": {"korko-%": 5, "for": 1}}
    assert value_of("Kuukausi palkka * 2", context) == 200
    assert value_of("a-b + 1", context) == 8


@given(
    st.integers(-10_000, 10_000),
    st.integers(-10_000, 10_000),
    st.integers(1, 1_000),
    st.sampled_from(["+", "-", "*"]),
    st.sampled_from(["<", "<=", ">", ">=", "=", "!="]),
)
def test_arithmetic_and_comparison_agree_with_python(left, right, third, operator, comparison):
    expected_number = {"+": left + right, "-": left - right, "*": left * right}[operator]
    python = {"=": "==", "!=": "!="}.get(comparison, comparison)
    expected_truth = {
        "<": expected_number < third,
        "<=": expected_number <= third,
        ">": expected_number > third,
        ">=": expected_number >= third,
        "==": expected_number == third,
        "!=": expected_number != third,
    }[python]
    context = {"a": left, "b": right, "c": third}
    answers = evaluate(
        [Ask(f"a {operator} b"), Ask(f"(a {operator} b) {comparison} c"), Ask("modulo(a, c)"), Ask("floor(a / c)")],
        [context],
        now=NOW,
    )
    assert [answer.value for answer in answers] == [expected_number, expected_truth, left % third, left // third]


@given(st.integers(-(10**9), 10**9), st.integers(-(10**9), 10**9))
@example(-999999635, 989568499)
def test_cents_add_up(left, right):
    assert value_of("a + b = c", {"a": left / 100, "b": right / 100, "c": (left + right) / 100}) is True


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)), st.integers(-40_000, 40_000))
def test_days_are_added_as_in_python(day, days):
    assert value_of("a + b", {"a": day, "b": timedelta(days=days)}) == day + timedelta(days=days)
