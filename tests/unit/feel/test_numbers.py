"""FEEL's numbers are those of Python's decimal module with 34 digits, rounded half to even."""

from __future__ import annotations

import decimal
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.engine.feel import Ask, evaluate, evaluate_one, from_state, to_state

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
DECIMAL128 = decimal.Context(prec=34, rounding=decimal.ROUND_HALF_EVEN, Emax=6144, Emin=-6143)
WIDE = decimal.Context(prec=120)
#: short and long, whole and not, near to each other and far away
NUMBERS = st.builds(
    lambda digits, places: Decimal(digits).scaleb(-places),
    st.one_of(st.integers(-1000, 1000), st.integers(-(10**16), 10**16), st.integers(-(10**33), 10**33)),
    st.integers(-3, 30),
)


def value_of(text, **context):
    return evaluate_one(text, context, now=NOW)


def written(number: Decimal) -> str:
    """Write a number as string() does: no exponent, no zeros at the end."""
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def texts_of(*expressions):
    answers = evaluate([Ask(f"string({text})") for text in expressions], [{}], now=NOW)
    return [answer.value for answer in answers]


def literal(number: Decimal) -> str:
    return f"({number:f})"


@settings(max_examples=25)
@given(NUMBERS, NUMBERS)
@example(Decimal("0.1"), Decimal("0.2"))
@example(Decimal(1), Decimal(3))
@example(Decimal(9007199254740993), Decimal(1))
@example(Decimal(1234567890123456) * 10, Decimal("0.5"))
@example(Decimal("999999999999999999999999999999999.9"), Decimal("0.05"))
def test_arithmetic_has_34_digits(left, right):
    a, b = literal(left), literal(right)
    texts = texts_of(f"{a} + {b}", f"{a} - {b}", f"{a} * {b}", f"{a} / {b}")
    expected = [DECIMAL128.add(left, right), DECIMAL128.subtract(left, right), DECIMAL128.multiply(left, right)]
    assert texts[:3] == [written(each) for each in expected]
    assert texts[3] == (None if right == 0 else written(DECIMAL128.divide(left, right)))


@settings(max_examples=20)
@given(NUMBERS, NUMBERS)
@example(Decimal("0.1"), Decimal("0.1000000000000000000001"))
def test_numbers_are_compared_in_all_their_digits(left, right):
    a, b = literal(left), literal(right)
    answers = evaluate([Ask(f"{a} < {b}"), Ask(f"{a} = {b}"), Ask(f"max({a}, {b}) = {a}")], [{}], now=NOW)
    assert [answer.value for answer in answers] == [left < right, left == right, left >= right]


@settings(max_examples=20)
@given(NUMBERS, st.integers(-5, 12))
def test_rounding_is_that_of_decimals(number, scale):
    modes = {
        "decimal": decimal.ROUND_HALF_EVEN,
        "floor": decimal.ROUND_FLOOR,
        "ceiling": decimal.ROUND_CEILING,
        "round up": decimal.ROUND_UP,
        "round down": decimal.ROUND_DOWN,
        "round half up": decimal.ROUND_HALF_UP,
        "round half down": decimal.ROUND_HALF_DOWN,
    }
    expected = [
        written(DECIMAL128.plus(number.quantize(Decimal(1).scaleb(-scale), rounding=mode, context=WIDE)))
        for mode in modes.values()
    ]
    assert texts_of(*(f"{name}({literal(number)}, {scale})" for name in modes)) == expected


@settings(max_examples=15)
@given(st.builds(lambda digits, places: Decimal(digits).scaleb(-places), st.integers(1, 10**20), st.integers(0, 19)))
@example(Decimal(2))
@example(Decimal("0.0001"))
def test_roots_logarithms_and_powers_have_34_digits(number):
    a = literal(number)
    root, logarithm, raised, inverse, exponential = texts_of(
        f"sqrt({a})", f"log({a})", f"{a} ** 3", f"{a} ** -1", f"exp({a} / {10 ** len(str(int(number)))})"
    )
    assert root == written(DECIMAL128.sqrt(number))
    assert logarithm == written(DECIMAL128.ln(number))
    cube = WIDE.power(number, 3)
    assert WIDE.abs(WIDE.subtract(Decimal(raised), cube)) <= WIDE.multiply(cube, Decimal("1e-32"))
    assert inverse == written(DECIMAL128.divide(Decimal(1), number))
    assert exponential == written(DECIMAL128.exp(DECIMAL128.divide(number, Decimal(10) ** len(str(int(number))))))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("string(1 / 3)", "0.3333333333333333333333333333333333"),
        ("string(2 ** 0.5)", "1.414213562373095048801688724209698"),
        ("4 ** 0.5", 2),
        ("2 ** -2", 0.25),
        ("0 ** -1", None),
        ("(-8) ** (1 / 3)", None),
        ("1e6144 * 10", None),
        ("string(1e21)", "1000000000000000000000"),
        ("string(0.00000001)", "0.00000001"),
        ("modulo(-10.1, 4.5)", 3.4),
        ("modulo(1e20 + 1, 7) = modulo(100000000000000000001, 7)", True),
        ("stddev([2, 4, 7, 5]) = 2.081665999466132735282297706979931", True),
        ("mode([1 / 3, 2 / 3, 1 / 3])", [1 / 3]),
        ("distinct values([1 / 3, 1 / 3, 1 - 2 / 3])", [1 / 3]),
        ("sum([0.1, 0.2, 0.3]) = 0.6", True),
        ("[1, 2, 3][1 / 3 * 3]", None),
        ("1e999999999", None),
        ("1e-999999999", 0),
        ("0.1 + 0.2", 0.3),
    ],
)
def test_numbers_mean_what_the_standard_says(text, value):
    assert value_of(text) == value


@pytest.mark.parametrize("number", [2**53 + 1, -(2**63), 12345678901234567890123456789012])
def test_long_whole_numbers_go_into_feel_and_come_out_unharmed(number):
    assert value_of("a", a=number) == number
    assert value_of("a + 1", a=number) == number + 1
    assert from_state(to_state({"a": [number]})) == {"a": [number]}
