"""Read one field of a form definition: its type decides which properties it may have."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any

from jsonschema_rs import Draft202012Validator, RegexOptions, ValidationError

from app.domain.forms import (
    CASE_ATTRIBUTES,
    CLIENT_ATTRIBUTES,
    CONTEXTS,
    FREE_TEXT,
    IDENTIFYING_ATTRIBUTES,
    LARGEST_NUMBER,
    LONGEST_LONG_TEXT,
    LONGEST_TEXT,
    MOST_FILES,
    MOST_OPTIONS,
    MOST_ROWS,
    Expression,
    Field,
    FieldType,
    Option,
    OptionSource,
    RecordKind,
    RecordTarget,
)
from app.domain.sharing import DataGroup
from app.engine.forms.json_source import JsonObject

LONGEST_EXPRESSION = 2_000
MOST_FIELDS = 300
#: a compiled pattern's
LARGEST_PATTERN_BYTES = 1 << 20
LONGEST_PATTERN = 500

_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_OPTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:+-]*(?: [A-Za-z0-9_.:+-]+)*")
LONGEST_OPTION = 64
#: words of FEEL, the read-only contexts, and names that mean something to a JavaScript object
_RESERVED = frozenset(
    [
        *(
            "null",
            "true",
            "false",
            "if",
            "then",
            "else",
            "for",
            "in",
            "return",
            "some",
            "every",
            "satisfies",
            "between",
        ),
        *("instance", "of", "and", "or", "not", "function", "external", "item", "partial"),
        *(*CONTEXTS, "constructor", "prototype"),
    ]
)
_TEXTS = frozenset([FieldType.TEXT, FieldType.LONG_TEXT])
_LISTS = frozenset([FieldType.MULTI_CHOICE, FieldType.GROUP, FieldType.FILE])
_RANGES = frozenset([FieldType.INTEGER, FieldType.DECIMAL, FieldType.DATE])
_CHOICES = frozenset([FieldType.CHOICE, FieldType.MULTI_CHOICE])
#: what may begin with something: what is typed or chosen from the form itself
_BEGINNING = _TEXTS | _RANGES | _CHOICES | {FieldType.BOOLEAN}
#: which types may have a property that not all have
_PROPERTY_TYPES: Mapping[str, frozenset[FieldType]] = {
    "options": _CHOICES,
    "optionsFrom": _CHOICES,
    "minimum": _RANGES,
    "maximum": _RANGES,
    "minLength": _TEXTS,
    "maxLength": _TEXTS,
    "pattern": frozenset([FieldType.TEXT, FieldType.REFERENCE]),
    "initial": _BEGINNING,
    "minItems": _LISTS,
    "maxItems": _LISTS,
    "fields": frozenset([FieldType.GROUP]),
}
_DEFAULT_SOURCES = {FieldType.USER: OptionSource.USERS, FieldType.ORGANISATION: OptionSource.ORGANISATIONS}
_LONGEST = {FieldType.TEXT: LONGEST_TEXT, FieldType.LONG_TEXT: LONGEST_LONG_TEXT}


def read_field(source: JsonObject, *, data_group: DataGroup | None, group: str = "") -> Field:
    """
    Read a field; its expressions are only texts yet. What is wrong is noted at the source.

    `data_group` is what holds when the field names none; `group` is the key of the group that the field is in.
    """
    key = read_key(source)
    field_type = read_member(source, "type", FieldType) or FieldType.TEXT
    for name, types in _PROPERTY_TYPES.items():
        if source.has(name) and field_type not in types:
            source.problem("form_property_of_other_type", property=name, type=field_type.value)
    own_group = read_data_group(source, default=data_group)
    most = {FieldType.GROUP: MOST_ROWS, FieldType.FILE: MOST_FILES}.get(field_type, MOST_OPTIONS)
    read = Field(
        key=key,
        type=field_type,
        label=source.localized("label", required=True),
        hint=source.localized("hint"),
        required=source.flag("required"),
        required_if=_expression(source, "requiredIf"),
        show_if=_expression(source, "showIf"),
        computed=_expression(source, "computed"),
        read_only=source.flag("readOnly"),
        ask_again=source.flag("askAgain"),
        prefill=source.flag("prefill"),
        initial=_initial(source, field_type),
        record=_record(source),
        variable=_variable(source),
        data_group=own_group,
        options=_options(source, field_type),
        options_from=read_member(source, "optionsFrom", OptionSource) or _DEFAULT_SOURCES.get(field_type),
        minimum=_bound(source, "minimum", field_type),
        maximum=_bound(source, "maximum", field_type),
        min_length=source.count("minLength", largest=_LONGEST.get(field_type, 0)),
        max_length=source.count("maxLength", largest=_LONGEST.get(field_type, 0)),
        pattern=_pattern(source),
        min_items=source.count("minItems", largest=most),
        max_items=source.count("maxItems", largest=most),
        fields=tuple(
            read_field(each, data_group=own_group, group=key) for each in source.objects("fields", most=MOST_FIELDS)
        ),
    )
    source.refuse_unknown()
    _check_whole(source, read, group=group)
    return read


def read_key(source: JsonObject, name: str = "key") -> str:
    """Return a key: ASCII letters, digits and _, up to 64 characters, no word of FEEL."""
    key = source.text(name, required=True)
    if key and (not _KEY.fullmatch(key) or key in _RESERVED):
        source.problem("form_key", written=key[:60])
    return key


def read_member(source: JsonObject, name: str, enumeration: Any) -> Any:
    """Return the member of the enumeration that the property names, None where it is absent or wrong."""
    value = source.raw(name)
    if value is None and name != "type":
        return None
    with suppress(ValueError):
        return enumeration(value)
    source.problem("form_property", property=name)
    return None


def read_data_group(source: JsonObject, *, default: DataGroup | None) -> DataGroup | None:
    """Return the data group that the object names, else the default."""
    group: DataGroup | None = read_member(source, "dataGroup", DataGroup)
    return group or default


def _expression(source: JsonObject, name: str) -> Expression | None:
    text = source.text(name, longest=LONGEST_EXPRESSION)
    return Expression(text.removeprefix("=").strip()) if text else None


def _record(source: JsonObject) -> RecordTarget | None:
    text = source.text("record")
    if not text:
        return None
    kind, _, attribute = text.partition(".")
    attributes = {"client": CLIENT_ATTRIBUTES, "case": CASE_ATTRIBUTES}.get(kind, {"": frozenset[FieldType]()})
    if kind in set(RecordKind) and attribute in attributes and (attribute or "." not in text):
        return RecordTarget(RecordKind(kind), attribute)
    source.problem("form_record", record=text[:60])
    return None


def _variable(source: JsonObject) -> str | None:
    name = source.text("variable")
    parts = name.split(".")
    if name and (not all(map(_KEY.fullmatch, parts)) or parts[0] in _RESERVED):
        source.problem("form_key", written=name[:60])
    return name or None


def _options(source: JsonObject, field_type: FieldType) -> tuple[Option, ...]:
    options = []
    for each in source.objects("options", most=MOST_OPTIONS):
        value = each.text("value", required=True)
        if value and (len(value) > LONGEST_OPTION or not _OPTION.fullmatch(value)):
            each.problem("form_option", value=value[:60])
        options.append(Option(value, each.localized("label", required=True)))
        each.refuse_unknown()
    if len({option.value for option in options}) != len(options):
        source.problem("form_options_repeated")
    if field_type in _CHOICES and bool(options) == source.has("optionsFrom"):
        source.problem("form_options_source")
    return tuple(options)


def _bound(source: JsonObject, name: str, field_type: FieldType) -> int | Decimal | date | None:
    value = source.raw(name)
    if value is None or field_type not in _RANGES:
        return None
    if field_type is FieldType.DATE and isinstance(value, str):
        with suppress(ValueError):
            return date.fromisoformat(value)
    whole = isinstance(value, int) and not isinstance(value, bool)
    fits = whole if field_type is FieldType.INTEGER else whole or isinstance(value, Decimal)
    if field_type is not FieldType.DATE and fits and abs(value) <= LARGEST_NUMBER:
        number: int | Decimal = value
        return number
    source.problem("form_limit", property=name, maximum=LARGEST_NUMBER)
    return None


def _initial(source: JsonObject, field_type: FieldType) -> Any:
    value = source.raw("initial")
    if field_type is FieldType.DATE and isinstance(value, str):
        with suppress(ValueError):
            return date.fromisoformat(value)
    return value


def _fits(value: Any, read: Field) -> bool:
    """Tell whether the value can be an answer to the field."""
    if read.type in _TEXTS:
        longest = read.max_length or _LONGEST[read.type]
        return isinstance(value, str) and (read.min_length or 1) <= len(value) <= longest and bool(value.strip())
    if read.type is FieldType.BOOLEAN:
        return isinstance(value, bool)
    if read.type in _CHOICES:
        chosen = value if read.type is FieldType.MULTI_CHOICE else [value]
        return isinstance(chosen, list) and bool(chosen) and all(each in _values(read) for each in chosen)
    kinds = {FieldType.DATE: date, FieldType.INTEGER: int}.get(read.type, (int, Decimal))
    if not isinstance(value, kinds) or isinstance(value, bool):
        return False
    low, high = read.minimum, read.maximum
    return (low is None or low <= value) and (high is None or value <= high)  # type: ignore[operator]  # ends of its type


def _values(read: Field) -> list[str]:
    return [option.value for option in read.options]


def _pattern(source: JsonObject) -> str | None:
    text = source.text("pattern", longest=LONGEST_PATTERN)
    if not text:
        return None
    try:
        Draft202012Validator({"pattern": text}, pattern_options=RegexOptions(size_limit=LARGEST_PATTERN_BYTES))
    except ValidationError:
        source.problem("form_pattern")
        return None
    return text


def _check_whole(source: JsonObject, read: Field, *, group: str) -> None:
    for code in _contradictions(read):
        source.problem(code)
    for code in _misplaced_in_group(read) if group else _wrong_destinations(read):
        source.problem(code)


def _contradictions(read: Field) -> list[str]:
    low_high = [(read.minimum, read.maximum), (read.min_length, read.max_length), (read.min_items, read.max_items)]
    wrong = []
    if any(low is not None and high is not None and low > high for low, high in low_high):  # type: ignore[operator]  # both ends have the field's type
        wrong.append("form_range")
    if read.computed is not None and (read.read_only or read.type in _LISTS):
        wrong.append("form_computed")
    if read.initial is not None and (
        not read.submittable or (read.type in _BEGINNING and not _fits(read.initial, read))
    ):
        wrong.append("form_initial")
    asked = read.required or read.required_if is not None
    if (not read.submittable and asked) or (read.required and read.required_if is not None):
        wrong.append("form_required")
    if read.type is FieldType.GROUP and (not read.fields or read.read_only):
        wrong.append("form_group")
    return wrong


def _misplaced_in_group(read: Field) -> list[str]:
    wrong = []
    if read.type in (FieldType.GROUP, FieldType.FILE):
        wrong.append("form_type_in_group")
    if read.record is not None or read.variable is not None or read.read_only or read.initial is not None:
        wrong.append("form_destination_in_group")
    return wrong


def _wrong_destinations(read: Field) -> list[str]:
    target = read.record
    kind = target.kind if target else None
    wrong = []
    attributes = {RecordKind.CLIENT: CLIENT_ATTRIBUTES, RecordKind.CASE: CASE_ATTRIBUTES}
    if target and kind in attributes and read.type not in attributes[kind][target.attribute]:
        wrong.append("form_record_type")
    if (read.type is FieldType.FILE) != (kind is RecordKind.DOCUMENT):
        wrong.append("form_record_file")
    if read.process_variable is not None and not read.read_only and _may_identify(read):
        wrong.append("form_identifying_variable")
    return wrong


def _may_identify(read: Field) -> bool:
    """Tell whether the answer may say who the client is, so that it must not enter the process (R-19)."""
    if read.type in (FieldType.IDENTITY_CODE, FieldType.FILE):
        return True
    if read.record and read.record.kind is RecordKind.CLIENT and read.record.attribute in IDENTIFYING_ATTRIBUTES:
        return True
    if read.data_group is not None and read.type in FREE_TEXT and read.computed is None:
        return True
    return any(_may_identify(inner) for inner in read.fields)
