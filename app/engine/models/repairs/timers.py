"""Repairs of timers: a time that was not said is asked for, one that is written in another way is read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lxml import etree

from app.engine.models.dialects.expressions import NotTranslated, translate, translate_value
from app.engine.models.repairs.asked import ask_at_start
from app.engine.models.repairs.events import definitions_of
from app.engine.models.repairs.working_copy import WorkingCopy, label_of
from app.engine.timers import is_timer_text
from app.engine.vocabulary import EVENTS, bpmn, local_name, text_of

if TYPE_CHECKING:
    from lxml.etree import _Element

_KINDS = {"timeDate": "date", "timeDuration": "duration", "timeCycle": "cycle"}
_UNITS = {
    "S": r"s|sec|secs|seconds?|sek|sekuntia?|sekunder",
    "M": r"m|min|mins|minutes?|minuuttia?|minuter|minuten?",
    "H": r"h|hours?|tuntia?|tim|timmar|stunden?",
    "D": r"d|days?|päivää?|pv|dagar?|tag(?:e)?",
    "W": r"w|weeks?|viikkoa?|vk|veckor?|wochen?",
    "Y": r"y|years?|vuotta|vuosi|år|jahre?",
}
_MONTHS = r"months?|kuukautta|kuukausi|kk|månader|månad|monate?"
_AMOUNT = re.compile(r"(\d{1,4})\s*([^\W\d]+)\.?")


def read_times(copy: WorkingCopy) -> None:
    """A timer has one time that can be read; else the process asks for it, and a start by time is one by hand."""
    for event in copy.nodes(*EVENTS):
        for definition in definitions_of(event):
            if local_name(definition) == "timerEventDefinition":
                _read(copy, event, definition)


def _read(copy: WorkingCopy, event: _Element, definition: _Element) -> None:
    times = [each for each in definition if local_name(each) in _KINDS]
    said = [each for each in times if text_of(each)]
    for other in [each for each in times if each not in said[:1] and (said or each is not times[0])]:
        if text_of(other):
            copy.note("timer_time_left_out", event, time=text_of(other))
        copy.set_aside(other, event)
    if said and _is_readable(copy, event, said[0]):
        return
    text = text_of(said[0]) if said else ""
    scope = event.getparent()
    if local_name(event) == "startEvent" and scope is not None and local_name(scope) == "process":
        copy.note("start_time_missing", event, time=text)
        copy.set_aside(definition, event)
        return
    element = said[0] if said else times[0] if times else None
    if text:
        copy.set_aside(definition, event)
        definition = etree.SubElement(event, bpmn("timerEventDefinition"))
        element = None
    if element is None:
        element = etree.SubElement(definition, bpmn("timeDuration"))
    key = copy.variable("aika", event)
    element.text = f"={key}"
    example = {"timeDate": "2030-01-31T12:00:00", "timeCycle": "R3/P1D"}.get(local_name(element), "P3D")
    told = f" ”{text}”" if text else ""
    ask_at_start(copy, event, key, f"{label_of(event)}{told}: aika (esimerkiksi {example})")
    copy.note("timer_time_asked", event, variable=key, time=text)


def _is_readable(copy: WorkingCopy, event: _Element, element: _Element) -> bool:
    text = text_of(element)
    if text.startswith("="):
        return True
    if "{" in text:
        return _is_computed(copy, event, element, text)
    kind = _KINDS[local_name(element)]
    if is_timer_text(kind, text):
        return True
    for tag, other in _KINDS.items():
        if is_timer_text(other, text):
            element.tag = bpmn(tag)
            copy.note("timer_kind_changed", event, time=text)
            return True
    read = in_iso(text)
    if read:
        element.tag, element.text = bpmn("timeDuration"), read
        copy.note("timer_words_read", event, time=text, read=read)
        return True
    return False


def _is_computed(copy: WorkingCopy, event: _Element, element: _Element, text: str) -> bool:
    try:
        element.text = translate_value(text)
    except NotTranslated:
        return False
    copy.note("expression_translated", event, expression=text, translated=text_of(element))
    return True


def in_iso(text: str) -> str:
    """Return the ISO 8601 duration of an amount and a unit in words (3 days, 24 h, 2 viikkoa); "" where it is none."""
    match = _AMOUNT.fullmatch(text.strip().lower())
    if match is None:
        return ""
    number, word = match[1], match[2]
    if re.fullmatch(_MONTHS, word):
        return f"P{number}M"
    for unit, words in _UNITS.items():
        if re.fullmatch(words, word):
            return f"PT{number}{unit}" if unit in "SMH" else f"P{number}{unit}"
    return ""


def ask_conditions(copy: WorkingCopy) -> None:
    """A conditional event waits for what its condition says; without one for a variable to become true."""
    for event in copy.nodes(*EVENTS):
        for definition in definitions_of(event):
            if local_name(definition) == "conditionalEventDefinition":
                _ask_condition(copy, event, definition)


def _ask_condition(copy: WorkingCopy, event: _Element, definition: _Element) -> None:
    condition = definition.find(bpmn("condition"))
    text = text_of(condition)
    if text.startswith("="):
        return
    if condition is None:
        condition = etree.SubElement(definition, bpmn("condition"))
    if text:
        try:
            translated = translate(text, language=condition.get("language", ""))
        except NotTranslated:
            copy.note("condition_not_translated", event, condition=text)
        else:
            condition.attrib.pop("language", "")
            condition.text = f"={translated}"
            copy.note("condition_translated", event, condition=text, translated=translated)
            return
    key = copy.variable("ehto", event)
    if text:
        copy.set_aside(condition, event)
        condition = etree.SubElement(definition, bpmn("condition"))
    condition.text = f"={key} = true"
    copy.note("event_condition_asked", event, variable=key)
