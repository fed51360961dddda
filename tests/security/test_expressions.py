"""Expressions and DMN files of an attacker: no way out of FEEL, no file read, nothing that keeps a process busy."""

from __future__ import annotations

import builtins
import json
import time
from datetime import UTC, datetime

import pytest

from app.domain.errors import EngineFault, ExpressionError, InvalidDecision
from app.engine.decisions import compile_decision, decide, read_decisions
from app.engine.feel import Ask, Kind, check, evaluate, evaluate_one
from app.engine.feel.machine import call

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
DMN = "https://www.omg.org/spec/DMN/20191111/MODEL/"
SECRET = "kanarianlintu"

PYTHON = [
    "__import__('os').system('id')",
    "open('/etc/passwd').read()",
    "().__class__.__bases__[0].__subclasses__()",
    "eval('1+1')",
    "exec('x = 1')",
    "globals()",
    "locals()['x']",
    "'{0.__class__}'.format(1)",
    "f'{open}'",
    "lambda: 1",
    "[x for x in (1,)]",
    "getattr(1, 'real')",
    "type('x', (), {})",
    "compile('1', '', 'eval')",
    "'%2000000000d' % 1",
    "breakpoint()",
]
JAVASCRIPT = [
    'constructor("return this")()',
    'a.constructor.constructor("return globalThis")()',
    "globalThis.kyky",
    "this",
    "kyky.load",
    'Function("return 1")()',
    "eval(1)",
    "a.__proto__.x",
    '{"__proto__": {x: 1}}.x',
    "sum.constructor",
    'sum.constructor("return 1")()',
    "sum.prototype.constructor",
    "sum.$args",
    "sum.fn",
    "now().value",
    "now().value.constructor",
    "now().iso",
    "date.constructor",
    'date("2026-01-01").toString',
    '"x".constructor',
    '"x".length',
    "lista.map",
    "lista.constructor",
    "lista.length",
    "[1..2].map(function(x) x)",
    "[1..2].valueType",
    "(function(x) x).fn",
    "(function(x) x).parameterNames",
    'get value(a, "constructor")',
    'get value(a, "__proto__")',
    'get value({}, "toString")',
    'context put({}, "__proto__", {x: 1}).x',
    'context([{key: "__proto__", value: {x: 1}}]).x',
    "a instance of Object",
    "toString()",
    "hasOwnProperty(1)",
    "setTimeout(1)",
    "process.env",
    'require("fs")',
    'import("fs")',
    "`${1}`",
    "console.log(1)",
    "WebAssembly",
    "Atomics.wait",
]


@pytest.mark.parametrize("text", PYTHON + JAVASCRIPT)
def test_no_payload_gets_out_of_feel(text):
    context = {"a": {"salaisuus": 1}, "lista": [1, 2]}
    try:
        value = evaluate_one(text, context, now=NOW)
    except EngineFault:
        return
    assert value in (None, False, [None, None], [])


def test_nothing_of_an_expression_reaches_pythons_eval(monkeypatch):
    def never(*_arguments, **_names):
        raise AssertionError("reached")

    evaluate_one("1 + 1", {}, now=NOW)
    monkeypatch.setattr(builtins, "eval", never)
    monkeypatch.setattr(builtins, "exec", never)
    assert evaluate_one("a + 1", {"a": 1}, now=NOW) == 2
    assert check("a + 1") == {"a"}


@pytest.mark.parametrize(
    "text", ['"]);globalThis.x=1;(["', '")', "'); x('", "\u2028", "\\u0022", "</script>", "${x}", '\\"', "\\", "\x00"]
)
def test_no_text_breaks_out_of_the_call(text):
    assert evaluate_one("[a][1]", {"a": text}, now=NOW) == text
    with pytest.raises(EngineFault):
        evaluate_one(f'"{text}" + ', {}, now=NOW)
    assert evaluate_one("is defined(x)", {}, now=NOW) is False


def test_one_evaluation_leaves_nothing_for_the_next():
    evaluate([Ask('{x: "jälki", y: context put({}, "toString", 1)}')], [{}], now=NOW)
    assert evaluate_one("x", {}, now=NOW) is None
    assert evaluate_one("{}", {}, now=NOW) == {}
    assert evaluate_one("get or else(toString, 1)", {}, now=NOW) == 1


def test_a_key_that_would_change_every_object_is_refused():
    with pytest.raises(ExpressionError):
        evaluate_one("a.b", {"a": json.loads('{"__proto__": {"b": 1}}')}, now=NOW)
    assert evaluate_one("{}.b", {}, now=NOW) is None


def test_messages_hold_no_data():
    context = {"a": SECRET, "paiva": NOW.date()}
    for text in ("a + 1 < paiva", "a = paiva", "sum(a)", "a(1)", "assert(a, false)", "date(a) < a", 'matches(a, "(")'):
        [answer] = evaluate([Ask(text)], [context], now=NOW)
        assert SECRET not in str(answer.error)
        assert SECRET not in " ".join(answer.warnings)


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        ("^(a+)+$", "a" * 60 + "!"),
        ("(a|aa)+$", "a" * 60 + "!"),
        ("(.*a){25}", "a" * 24 + "b" * 200),
        ("(x+x+)+y", "x" * 60),
    ],
)
def test_catastrophic_patterns_are_stopped(pattern, value):
    started = time.monotonic()
    try:
        evaluate_one("matches(a, b)", {"a": value, "b": pattern}, now=NOW)
    except EngineFault as fault:
        assert fault.code == "feel_budget"  # noqa: PT017 - an answer in time is as good
    assert time.monotonic() - started < 20


def test_the_bundle_cannot_be_changed_from_an_expression():
    before = call("check", "[]")
    for text in ("{kyky: 1}", "for kyky in 1..2 return kyky", "{globalThis: {kyky: 2}}"):
        evaluate_one(text, {}, now=NOW)
    assert call("check", "[]") == before


def dmn(content, prolog=""):
    return f'{prolog}<definitions xmlns="{DMN}" namespace="urn:m" name="m">{content}</definitions>'.encode()


@pytest.mark.parametrize(
    ("name", "xml"),
    [
        ("external entity", dmn("&x;", '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>')),
        ("external document type", dmn("", '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd">')),
        ("empty document type", dmn("", "<!DOCTYPE definitions>")),
        ("parameter entity", dmn("", '<!DOCTYPE a [<!ENTITY % x SYSTEM "file:///etc/passwd"> %x;]>')),
        (
            "billion laughs",
            dmn(
                "&d;", '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;"><!ENTITY c "&b;&b;"><!ENTITY d "&c;&c;">]>'
            ),
        ),
        ("quadratic blow-up", dmn("&a;" * 1000, f'<!DOCTYPE a [<!ENTITY a "{"x" * 10_000}">]>')),
        ("too deep", dmn("<context>" * 200 + "</context>" * 200)),
        ("too deep for any parser", dmn("<context>" * 100_000 + "</context>" * 100_000)),
        ("too many elements", dmn("<decision/>" * 40_000)),
        ("too many bytes", dmn(" " * 3_000_000)),
        ("not XML", b"PK\x03\x04"),
        ("nothing", b""),
        ("another language", b"<html/>"),
        ("UTF-16 document type", dmn("", "<!DOCTYPE a>").decode().encode("utf-16")),
    ],
)
def test_hostile_files_are_refused_at_once(name, xml):
    started = time.monotonic()
    with pytest.raises(InvalidDecision):
        read_decisions(xml)
    assert time.monotonic() - started < 20, name


def test_an_include_is_not_followed():
    xml = dmn(
        '<decision id="d" name="d">'
        '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="/etc/passwd" parse="text"/>'
        "<literalExpression><text>1</text></literalExpression></decision>"
    )
    assert decide(compile_decision(xml, "d"), {}, now=NOW).output == 1


def test_a_file_of_many_bad_cells_is_read_in_time():
    cells = "".join(
        f"<rule><inputEntry><text>{'(' * 50}{number}{')' * 50}</text></inputEntry>"
        f"<outputEntry><text>{number}</text></outputEntry></rule>"
        for number in range(500)
    )
    table = (
        '<decision id="d" name="d"><decisionTable><input><inputExpression><text>a</text></inputExpression></input>'
        f"<output/>{cells}</decisionTable></decision>"
    )
    started = time.monotonic()
    assert read_decisions(dmn(table)).decisions
    assert time.monotonic() - started < 30


def test_unary_tests_have_no_other_way_out():
    for text in JAVASCRIPT:
        [answer] = evaluate([Ask(text, 0, Kind.UNARY_TESTS)], [{"?": "x", "a": {}, "lista": [1]}], now=NOW)
        assert answer.error is not None or answer.value in (True, False, None)
