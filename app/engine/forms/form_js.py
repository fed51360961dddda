"""
Turn a form of form-js (Camunda 8's forms, schema JSON) into a form of ours.

What asks for an answer is mapped, or the form is refused by the question's name: a process may not run without an
answer that it was drawn with. What only shows something and has no place in our forms is left out and told. Keys become
process variables of the same names, `laina.maara` (a key, or a key in a group with a path) that entry of the variable
`laina`; a form-js form shows what its variables hold, so that its fields have `prefill`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from app.domain.errors import InvalidFormDefinition, Problem
from app.domain.forms import LARGEST_NUMBER, LONGEST_LONG_TEXT, LONGEST_TEXT, LONGEST_VERSION_TAG
from app.domain.localized import LANGUAGES
from app.engine.forms.json_source import read_object

#: components that only lay out, or whose work the page does by itself
_LAYOUT = frozenset({"button", "separator", "spacer"})
#: components that show something for which our forms have no place
_SHOWS = frozenset({"html", "image", "iframe", "table", "documentPreview"})
_TEXT_OF_PATTERNS = {"email": r"[^@\s]+@[^@\s]+\.[^@\s]+", "phone": r"\+?[0-9() -]{3,40}"}
_TIME = r"([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?"
_MOMENTS: Mapping[str, dict[str, Any]] = {
    "date": {"type": "date"},
    "datetime": {"type": "dateTime"},
    "time": {"type": "text", "pattern": _TIME},
}
_CHOICES = {"select": "choice", "radio": "choice", "checklist": "multiChoice", "taglist": "multiChoice"}
_FORM_ID = re.compile(r"[^A-Za-z0-9_.-]")
_MARKDOWN = re.compile(r"(?m)^\s{0,3}(?:#{1,6}\s+|>\s?|---+\s*$)|[*_`]{1,3}(?=\S)|(?<=\S)[*_`]{1,3}")
_HEADING = re.compile(r"(?m)^\s*#{1,6}\s+(.+)$")
#: one group: what is split by it has the texts at the odd places
_TEXT_LITERAL = re.compile(r'("(?:\\.|[^"\\])*")', re.DOTALL)
#: text that form-js fills in when it is shown
_TEMPLATE = re.compile(r"^\s*=|\{\{")


def is_form_js(source: Mapping[str, Any]) -> bool:
    """Tell whether the JSON object is a form of form-js: ours have sections."""
    return isinstance(source.get("components"), list) and "sections" not in source


def form_source(content: bytes) -> tuple[bytes, tuple[Problem, ...]]:
    """
    Return the content of a form's file as a definition of ours, and what was left out where it is one of form-js.

    :raises InvalidFormDefinition: no JSON, or a question that our forms cannot ask
    """
    source = read_object(content)
    if not is_form_js(source):
        return content, ()
    made, notes = convert_form_js(content)
    return made, (Problem("form_js_converted", place=str(source.get("id", ""))[:100]), *notes)


def convert_form_js(content: bytes, *, form_id: str = "") -> tuple[bytes, tuple[Problem, ...]]:
    """
    Return the form as a definition of ours (JSON), and what was left out or is different.

    `form_id` is the id that the form gets; without one it keeps its own.

    :raises InvalidFormDefinition: no JSON, or a question that our forms cannot ask, each by its name
    """
    source = read_object(content)
    converter = _Converter()
    sections = converter.sections(source)
    own_id = form_id or str(source.get("id") or "")
    if converter.problems:
        raise InvalidFormDefinition(converter.problems)
    title = converter.heading or own_id
    made: dict[str, Any] = {"id": _FORM_ID.sub("_", own_id), "title": _in_all(title), "sections": sections}
    if tag := str(source.get("versionTag") or "").strip()[:LONGEST_VERSION_TAG]:
        made["versionTag"] = tag
    if converter.introduction:
        made["introduction"] = _in_all("\n\n".join(converter.introduction)[:2_000])
    return json.dumps(made, ensure_ascii=False, default=_number).encode(), tuple(converter.notes)


class _Converter:
    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.notes: list[Problem] = []
        self.heading = ""
        self.introduction: list[str] = []
        #: by what form-js calls an answer (`laina.maara`): the key of our field
        self.keys: dict[str, str] = {}
        #: the keys of the list's rows that are being read
        self.row_keys: frozenset[str] = frozenset()

    def sections(self, source: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the sections: what stands outside of groups together, then each group that has no path."""
        components = _components(source)
        groups = list(_groups(components))
        outside = _Group({"components": components})
        self._name_answers([outside, *groups])
        sections = [self._section("osa", "", outside)]
        for number, group in enumerate(groups, start=1):
            sections.append(self._section(f"osa_{number}", self._words(group.source.get("label"), group.source), group))
        filled = [section for section in sections if section["fields"]]
        if not filled and not self.problems:
            # a form that only shows something: whoever reads it says so
            seen = {"key": "luettu", "type": "boolean", "required": True, "label": dict(_READ)}
            filled = [{"key": "osa", "title": _in_all(self.heading or "-"), "fields": [seen]}]
        for section in filled:
            if not section["title"]["fi"]:
                section["title"] = _in_all(self.heading or str(source.get("id") or "-"))
        return filled

    def _name_answers(self, groups: list[_Group]) -> None:
        """Give every answer the key of its field: what has no dots keeps its name, the others get a free one."""
        names = [group.path + _key(each) for group in groups for each in group.fields if _key(each)]
        self.keys = {name: name for name in names if "." not in name}
        for name in names:
            if name not in self.keys:
                key = wanted = name.replace(".", "_")
                number = 2
                while key in self.keys.values():
                    key, number = f"{wanted}_{number}", number + 1
                self.keys[name] = key

    def _section(self, key: str, label: str, group: _Group) -> dict[str, Any]:
        fields = [made for each in group.fields for made in [self._field(each, group)] if made is not None]
        return {"key": key, "title": _in_all(label), "fields": fields}

    # -- one component -----------------------------------------------------------------------------

    def _field(self, component: Mapping[str, Any], group: _Group | None) -> dict[str, Any] | None:
        """Return the field that asks what the component asks in its group; without a group it is one of a row."""
        kind = str(component.get("type", ""))
        if kind in _LAYOUT:
            return None
        if kind in _SHOWS:
            self._note("form_js_left_out", component, type=kind)
            return None
        if kind == "text":
            self._text(component)
            return None
        own = self._kind(kind, component)
        if own is None:
            self._refuse("form_js_type", component, type=kind)
            return None
        return self._whole(component, own, group)

    def _whole(self, component: Mapping[str, Any], own: dict[str, Any], group: _Group | None) -> dict[str, Any]:
        name = ("" if group is None else group.path) + _key(component)
        key = name if group is None else self.keys.get(name, name)
        if group is None and "." in name:
            self._refuse("form_js_path", component, path=name[:60])
        label = self._words(component.get("label") or component.get("dateLabel"), component)
        hint = self._words(component.get("description"), component)
        made: dict[str, Any] = {"key": key, **own, "label": _in_all(label or key)}
        if hint:
            made["hint"] = _in_all(hint)
        if group is not None:
            made["prefill"] = True
        if key != name:
            made["variable"] = name
        if self._is_shown_only(component) and own["type"] != "group" and group is not None:
            made["readOnly"] = True
        elif (component.get("validate") or {}).get("required") is True or own["type"] == "boolean":
            # a checkbox of form-js is always true or false
            made["required"] = True
        shown = self._show_if(component, key, () if group is None else group.hides)
        if shown:
            made["showIf"] = shown
        made |= self._beginning(component, {} if group is None else made)
        if component.get("valuesExpression") not in (None, ""):
            self._note("form_js_property_left_out", component, property="valuesExpression")
        return made

    def _beginning(self, component: Mapping[str, Any], made: Mapping[str, Any]) -> dict[str, Any]:
        """
        Return with what the field begins; what is no answer to it, or shown only, is left out and told.

        A field of a row, of which nothing is `made` yet, begins with nothing.
        """
        given = component.get("defaultValue")
        initial = None if not made or made.get("readOnly") else _initial(made, given)
        if initial is None and given not in (None, "", []):
            self._note("form_js_property_left_out", component, property="defaultValue")
        return {} if initial is None else {"initial": initial}

    def _kind(self, kind: str, component: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return type and own properties of the field that asks the same, None where ours cannot."""
        rules = component.get("validate") or {}
        if kind == "textfield":
            return {"type": "text", **self._lengths(rules, LONGEST_TEXT, component), **_pattern(rules)}
        if kind == "textarea":
            return {"type": "longText", **self._lengths(rules, LONGEST_LONG_TEXT, component)}
        if kind == "number":
            return self._number(component, rules)
        if kind in _CHOICES:
            return self._choice(_CHOICES[kind], component)
        if kind == "dynamiclist":
            return {"type": "group", "fields": self._row(component)}
        if kind == "datetime":
            return _MOMENTS.get(str(component.get("subtype", "date")))
        return {"type": "boolean"} if kind == "checkbox" else None

    def _row(self, component: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the fields of a list's row; groups in it only lay out, unless they have a path."""
        groups = list(_groups(_components(component)))
        for group in groups:
            if group.path:
                self._refuse("form_js_path", group.source, path=group.path.rstrip(".")[:60])
            if group.hides:
                self._note("form_js_condition_left_out", group.source, condition=group.hides[-1][:200])
        inside = [each for group in (_Group(component), *groups) for each in group.fields]
        self.row_keys = frozenset(map(_key, inside))
        fields = [made for each in inside for made in [self._field(each, None)] if made is not None]
        self.row_keys = frozenset()
        return fields

    def _number(self, component: Mapping[str, Any], rules: Mapping[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = {"type": "integer" if component.get("decimalDigits") == 0 else "decimal"}
        for name, ours in (("min", "minimum"), ("max", "maximum")):
            given = rules.get(name)
            if isinstance(given, (int, Decimal)) and not isinstance(given, bool):
                made[ours] = given
            elif given not in (None, ""):
                self._note("form_js_property_left_out", component, property=name)
        return made

    def _choice(self, ours: str, component: Mapping[str, Any]) -> dict[str, Any] | None:
        values = component.get("values")
        if not isinstance(values, list) or not values:
            # the options come from a variable, which our forms do not offer
            return None
        options = [
            {"value": str(each.get("value", "")), "label": _in_all(str(each.get("label") or each.get("value")))}
            for each in values
            if isinstance(each, dict)
        ]
        return {"type": ours, "options": options}

    def _lengths(self, rules: Mapping[str, Any], longest: int, component: Mapping[str, Any]) -> dict[str, Any]:
        made = {}
        for name in ("minLength", "maxLength"):
            given = rules.get(name)
            if isinstance(given, int) and 0 <= given <= longest:
                made[name] = given
            elif given not in (None, ""):
                self._note("form_js_property_left_out", component, property=name)
        return made

    # -- texts and conditions ----------------------------------------------------------------------

    def _text(self, component: Mapping[str, Any]) -> None:
        text = str(component.get("text") or "")
        if _TEMPLATE.search(text):
            self._note("form_js_left_out", component, type="text")
            return
        heading = _HEADING.search(text)
        if heading and not self.heading:
            self.heading = _MARKDOWN.sub("", heading[1]).strip()[:200]
            text = text.replace(heading[0], "", 1)
        plain = _MARKDOWN.sub("", text).strip()
        if plain:
            self.introduction.append(plain)

    def _words(self, text: object, component: Mapping[str, Any]) -> str:
        """Return the plain text; one that form-js would compute is left out and told."""
        if not isinstance(text, str) or not text.strip():
            return ""
        if _TEMPLATE.search(text):
            self._note("form_js_property_left_out", component, property="label")
            return ""
        return _MARKDOWN.sub("", text).strip()

    def _is_shown_only(self, component: Mapping[str, Any]) -> bool:
        for name in ("readonly", "disabled"):
            given = component.get(name)
            if given is True:
                return True
            if isinstance(given, str) and given.strip():
                self._note("form_js_property_left_out", component, property=name)
        return False

    def _show_if(self, component: Mapping[str, Any], key: str, outer: tuple[str, ...]) -> str:
        """Return when the field is shown: form-js hides it (or its group) while a condition is true."""
        kept = []
        for hide in filter(None, (*outer, _hidden_by(component))):
            ours = self._by_our_keys(hide)
            # a condition on what the form does not ask, or on the very field that it hides, cannot be settled here
            if _roots(ours) <= {*self.keys.values(), *self.row_keys} - {key}:
                kept.append(f"not(({ours}) = true)")
            else:
                self._note("form_js_condition_left_out", component, condition=hide[:200])
        return " and ".join(kept)

    def _by_our_keys(self, expression: str) -> str:
        """Write the answers that have dots in their names by the keys of our fields."""
        parts = _TEXT_LITERAL.split(expression)
        for name, key in sorted(self.keys.items(), reverse=True):
            if name != key:
                whole = re.compile(rf"(?<![\w.]){re.escape(name)}(?![\w.])")
                parts[::2] = [whole.sub(key, part) for part in parts[::2]]
        return "".join(parts)

    def _note(self, code: str, component: Mapping[str, Any], **values: object) -> None:
        self.notes.append(Problem(code, place=_place(component), name=_name(component), values=values))

    def _refuse(self, code: str, component: Mapping[str, Any], **values: object) -> None:
        self.problems.append(Problem(code, place=_place(component), name=_name(component), values=values))


def _initial(made: Mapping[str, Any], value: Any) -> Any:
    """Return what the field begins with in our words, None where the value is no answer to it."""
    match made["type"], value:
        case (("text" | "longText"), str()):
            fits = made.get("minLength", 1) <= len(value) <= made.get("maxLength", LONGEST_TEXT)
            return value if value.strip() and fits else None
        case "boolean", (bool() | "true" | "false"):
            return value in (True, "true")
        case "choice", (str() | int() | Decimal()):
            return str(value) if str(value) in _option_values(made) else None
        case "multiChoice", list():
            return value if value and all(each in _option_values(made) for each in value) else None
        case (("integer" | "decimal"), (str() | int() | Decimal())):
            return _initial_number(made, str(value))
        case "date", str():
            with suppress(ValueError):
                return date.fromisoformat(value).isoformat()
    return None


def _initial_number(made: Mapping[str, Any], text: str) -> int | Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number) > LARGEST_NUMBER:
        return None
    if not made.get("minimum", number) <= number <= made.get("maximum", number):
        return None
    if number == number.to_integral_value():
        return int(number)
    return number if made["type"] == "decimal" else None


def _option_values(made: Mapping[str, Any]) -> list[str]:
    return [option["value"] for option in made["options"]]


_READ = {"fi": "Luettu", "sv": "Läst", "en": "Read"}


def _in_all(text: str) -> dict[str, str]:
    """Return the one text that form-js has in every language, for the process owner to translate."""
    return dict.fromkeys(LANGUAGES, text)


def _components(holder: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = holder.get("components")
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


@dataclass(frozen=True, slots=True)
class _Group:
    """A group, or the form itself: what its answers' names begin with (`laina.`), and what hides it."""

    source: Mapping[str, Any]
    path: str = ""
    hides: tuple[str, ...] = ()

    @property
    def fields(self) -> list[Mapping[str, Any]]:
        """The components directly inside of it that are no groups."""
        return [each for each in _components(self.source) if each.get("type") != "group"]


def _groups(components: list[Mapping[str, Any]], path: str = "", hides: tuple[str, ...] = ()) -> Iterator[_Group]:
    """Return the groups, those inside of others after them."""
    for each in components:
        if each.get("type") == "group":
            own = str(each.get("path") or "")
            hide = _hidden_by(each)
            group = _Group(each, f"{path}{own}." if own else path, (*hides, hide) if hide else hides)
            yield group
            yield from _groups(_components(each), group.path, group.hides)


def _key(component: Mapping[str, Any]) -> str:
    return str(component.get("key") or component.get("path") or "")


def _hidden_by(component: Mapping[str, Any]) -> str:
    conditional = component.get("conditional")
    hide = conditional.get("hide") if isinstance(conditional, dict) else None
    return hide.strip().removeprefix("=").strip() if isinstance(hide, str) else ""


def _roots(expression: str) -> set[str]:
    bare = _TEXT_LITERAL.sub("", expression)
    words = re.findall(r"(?<![\w.])([^\W\d]\w*)(?!\s*\()", bare)
    return set(words) - {"not", "and", "or", "true", "false", "null", "if", "then", "else", "in", "between"}


def _pattern(rules: Mapping[str, Any]) -> dict[str, str]:
    """Return the pattern; form-js searches it anywhere, ours is the whole answer."""
    given = rules.get("pattern")
    if isinstance(given, str) and given:
        start = "" if given.startswith("^") else ".*"
        end = "" if given.endswith("$") else ".*"
        return {"pattern": f"{start}(?:{given.removeprefix('^').removesuffix('$')}){end}"}
    kind = rules.get("validationType")
    return {"pattern": _TEXT_OF_PATTERNS[kind]} if kind in _TEXT_OF_PATTERNS else {}


def _place(component: Mapping[str, Any]) -> str:
    return str(component.get("key") or component.get("path") or component.get("id") or "")[:100]


def _name(component: Mapping[str, Any]) -> str:
    return str(component.get("label") or component.get("dateLabel") or component.get("key") or "")[:100]


def _number(value: object) -> float:
    return float(str(value))
