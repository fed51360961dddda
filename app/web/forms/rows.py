"""Add and remove rows of repeating groups, and take files out, without JavaScript: a button says what (`_action`)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.domain.forms import MOST_ROWS, Field, FieldType, FormDefinition
from app.engine.forms import ROW_MARK, Raw, Upload, read_names

_ACTION = re.compile(r"(add|remove):([A-Za-z][A-Za-z0-9_]*)(?::([0-9]{1,3}))?")
_DROP = re.compile(r"drop:([A-Za-z0-9_-]+):([0-9]{1,19})")
_ROW_NAME = re.compile(r"([A-Za-z][A-Za-z0-9_]*)-([0-9]{1,4})-([A-Za-z_][A-Za-z0-9_]*)")


@dataclass(frozen=True, slots=True)
class RowAction:
    """What came of an action: the changed values, and the id of the element that takes the focus."""

    raw: dict[str, list[str | Upload]]
    focus_id: str


def apply_action(form: FormDefinition, raw: Raw, *, action: str) -> RowAction | None:
    """
    Add a row (`add:toimenpiteet`), remove one (`remove:toimenpiteet:0`), or take a file out (`drop:liite:123`).

    None where the action is no such thing.

    The values stay as they were typed; rows are numbered anew from 0.
    """
    dropped = dropped_file(action)
    if dropped is not None:
        return _drop(form, raw, *dropped)
    match = _ACTION.fullmatch(action)
    group = next((each for each in form.fields if match and each.key == match[2]), None)
    if match is None or group is None or group.type is not FieldType.GROUP:
        return None
    rows = rows_of(group, raw)
    if match[1] == "add" and len(rows) < (group.max_items or MOST_ROWS):
        rows.append({ROW_MARK: ["1"]})
        first = next((each.key for each in group.fields if each.submittable), group.fields[0].key)
        focus_id = f"f-{group.key}-{len(rows) - 1}-{first}"
    elif match[1] == "remove" and match[3] and int(match[3]) < len(rows):
        del rows[int(match[3])]
        focus_id = f"f-{group.key}-add"
    else:
        return None
    return RowAction({**_others(group, raw), **_written(group, rows)}, focus_id)


def dropped_file(action: str) -> tuple[str, str] | None:
    """Return the name of the field and the key of the file that the action takes out, None where it is none such."""
    match = _DROP.fullmatch(action)
    return (match[1], match[2]) if match else None


def _drop(form: FormDefinition, raw: Raw, name: str, key: str) -> RowAction | None:
    named = read_names(form, raw).get(name)
    if named is None:
        return None
    left = {each: [one for one in sent if each != name or one != key] for each, sent in raw.items()}
    left.pop("_action", None)
    return RowAction(left, f"f-{named.place.replace('.', '-')}")


def rows_of(group: Field, raw: Raw) -> list[dict[str, Sequence[str | Upload]]]:
    """Return what was sent for each row of the group, by key, in the order of the rows."""
    rows: dict[int, dict[str, Sequence[str | Upload]]] = {}
    for name, sent in raw.items():
        match = _ROW_NAME.fullmatch(name)
        if match and match[1] == group.key:
            rows.setdefault(int(match[2]), {})[match[3]] = sent
    return [rows[number] for number in sorted(rows)]


def _others(group: Field, raw: Raw) -> dict[str, list[str | Upload]]:
    prefix = f"{group.key}-"
    return {name: list(sent) for name, sent in raw.items() if not name.startswith(prefix) and name != "_action"}


def _written(group: Field, rows: Sequence[Mapping[str, Sequence[str | Upload]]]) -> dict[str, list[str | Upload]]:
    return {
        f"{group.key}-{position}-{key}": list(sent) for position, row in enumerate(rows) for key, sent in row.items()
    }
