"""What an accepted submission of a form says, and where each answer goes (design.md 4)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.domain.forms import THREE_VALUED_FACTS, Field, FieldType, FormDefinition, RecordTarget, Values
from app.domain.sharing import DataGroup


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedFile:
    """An uploaded file whose content is what it says to be. The name is the user's and may identify somebody."""

    name: str = field(repr=False)
    media_type: str
    content: bytes = field(repr=False)
    sha256: str
    #: the file field, for its data group
    field_key: str = ""
    data_group: DataGroup | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A document that was uploaded before and may be named in an answer by its key."""

    key: str
    name: str = field(repr=False)
    media_type: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordAnswer:
    """
    One answer for the care core. `value` None means that the question was shown and left or made empty.

    `fact` is what expressions read as asia.<key>: the value, but true, false or null for yes, no and not known.
    Columns of a repeating group that belong to another data group than the group itself come as an answer of their own,
    key `toimet.huomio`, value one entry a row, so that access can be decided answer by answer.
    """

    target: RecordTarget
    key: str
    value: Any = field(repr=False)
    fact: Any = field(repr=False)
    data_group: DataGroup | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """
    What an accepted submission says.

    `values`: every answer by key, computed ones too; hidden and unanswered ones are absent.
    `variables`: what the process gets; every variable of the form is there, None where nothing was answered.
    `nested`: those of them that are contexts, of which the form asks some entries.
    `records`: what the care core gets; hidden fields are not there, so an earlier answer stays.
    `files`: contents of new files. A file answer is a list of {name, mediaType, size, sha256}, with documentKey where
        the document was stored before.
    """

    form_id: str
    language: str
    values: Values = field(repr=False)
    variables: Values = field(repr=False)
    records: tuple[RecordAnswer, ...] = field(repr=False)
    nested: frozenset[str] = frozenset()
    files: tuple[AcceptedFile, ...] = ()


def allot(
    form: FormDefinition, *, values: Values, hidden: Collection[str]
) -> tuple[dict[str, Any], tuple[RecordAnswer, ...]]:
    """
    Decide for each answer where it goes: (process variables, answers of the care core).

    `hidden` are the keys of top-level fields that the conditions of the form do not show.
    """
    variables: dict[str, Any] = {}
    records: list[RecordAnswer] = []
    for each in form.fields:
        if each.read_only:
            continue
        value = _complete(each, values.get(each.key))
        if each.variable_path:
            *ways, last = each.variable_path
            holder = variables
            for name in ways:
                holder = holder.setdefault(name, {})
            holder[last] = value
        if each.record is not None and each.key not in hidden:
            records += _records(each, each.record, value)
    return variables, tuple(records)


def nested_variables(form: FormDefinition) -> frozenset[str]:
    """Return the process variables of which the form asks entries and not the whole."""
    paths = (each.variable_path for each in form.fields if not each.read_only)
    return frozenset(path[0] for path in paths if len(path) > 1)


def _complete(asked: Field, value: Any) -> Any:
    """Give the rows of a group all their keys, absent answers as None."""
    if asked.type is not FieldType.GROUP or value is None:
        return value
    return [{inner.key: row.get(inner.key) for inner in asked.fields} for row in value]


def _records(asked: Field, target: RecordTarget, value: Any) -> Iterator[RecordAnswer]:
    cut_out = {inner.key: inner.data_group for inner in asked.fields if inner.data_group != asked.data_group}
    rows = value if isinstance(value, list) and cut_out else None
    kept = value if rows is None else [{key: row[key] for key in row if key not in cut_out} for row in rows]
    fact = THREE_VALUED_FACTS.get(str(kept)) if asked.is_three_valued else kept
    yield RecordAnswer(target=target, key=asked.key, value=kept, fact=fact, data_group=asked.data_group)
    for key, data_group in cut_out.items():
        column = None if rows is None else [row.get(key) for row in rows]
        yield RecordAnswer(target=target, key=f"{asked.key}.{key}", value=column, fact=column, data_group=data_group)


def gather(form: FormDefinition, *, answers: Mapping[str, Any]) -> dict[str, Any]:
    """
    Put stored answers together again as values of the form, to pre-fill it: the reverse of `allot` for records.

    Answers that the reader may not see are simply not given; keys that the form does not ask, or asks anew each time,
    are left out.
    """
    values: dict[str, Any] = {}
    for each in form.fields:
        if each.ask_again:
            continue
        value = answers.get(each.key)
        if each.type is FieldType.GROUP and isinstance(value, list):
            value = [dict(row) for row in value]
            for inner in each.fields:
                for row, entry in zip(value, answers.get(f"{each.key}.{inner.key}") or (), strict=False):
                    row[inner.key] = entry
        if value is not None:
            values[each.key] = value
    return values
