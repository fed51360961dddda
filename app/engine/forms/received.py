"""
Sort what was sent by field: the flat names of a web form, or the nested values of JSON.

A row of a group is `toimenpiteet-0-palvelu` in a web form; `toimenpiteet-0-_row` says that the row is there although
nothing in it is filled. Rows keep the position in which they were sent, so that a problem points at the row that the
person sees; rows with nothing in them are no answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from app.domain.answers import AcceptedFile, StoredFile
from app.domain.errors import InvalidInput, Problem
from app.domain.forms import Field, FieldPath, FieldType, FormDefinition
from app.engine.forms.conversion import from_json, from_text
from app.engine.forms.uploads import Upload, accept_file

#: what a browser sends: every name with all its values
Raw: TypeAlias = Mapping[str, Sequence["str | Upload"]]

#: names that our own markup sends beside the fields
ACTION_NAME = "_action"
ROW_MARK = "_row"
_MOST_NAMES = 10_000
_ROW_NAME = re.compile(r"([A-Za-z][A-Za-z0-9_]*)-([0-9]{1,4})-([A-Za-z_][A-Za-z0-9_]*)")


@dataclass(slots=True)
class Row:
    """One row of a group: where it stood when it was sent, and its answers."""

    position: int
    values: dict[str, Any]


@dataclass(slots=True)
class Received:
    """What was sent, as far as it can be read; problems by place (`hetu`, `toimenpiteet.0.palvelu`)."""

    values: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, list[Row]] = field(default_factory=dict)
    problems: dict[str, Problem] = field(default_factory=dict)
    files: list[AcceptedFile] = field(default_factory=list)

    def note(self, asked: Field, place: str, code: str, values: Mapping[str, Any] | None = None) -> None:
        """Note a problem of the field; the first one at a place stays."""
        self.problems.setdefault(place, Problem(code, place=place, name=asked.key, values=values or {}))

    def read(self, asked: Field, place: str, convert: Callable[[], Any]) -> Any:
        """Return what `convert` makes, or None with a problem noted where it refuses."""
        try:
            return convert()
        except InvalidInput as error:
            self.note(asked, place, error.problems[0].code, error.problems[0].values)
            return None

    def all_values(self) -> dict[str, Any]:
        """Return the answers with the rows of the groups that have any."""
        return {**self.values, **{key: [dict(row.values) for row in rows] for key, rows in self.rows.items() if rows}}

    def refuse_unknown(self) -> None:
        """Note that something was sent that the form does not ask; the name is not repeated, it may be anything."""
        self.problems.setdefault("", Problem("unknown_field"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a name of a web form stands for: the field, its path in the form, and the place of its answer."""

    asked: Field
    path: FieldPath
    place: str


def read_names(form: FormDefinition, raw: Raw) -> dict[str, Named]:
    """Return what the names stand for that are fields of the form; rows are counted as `receive_web` counts them."""
    asked = {each.key: each for each in form.fields}
    matches = {name: _ROW_NAME.fullmatch(name) for name in raw if name not in asked}
    numbers: dict[str, set[int]] = {}
    for match in matches.values():
        if match:
            numbers.setdefault(match[1], set()).add(int(match[2]))
    positions = {
        key: {number: position for position, number in enumerate(sorted(sent))} for key, sent in numbers.items()
    }
    found = {name: Named(asked=asked[name], path=(name,), place=name) for name in raw if name in asked}
    for name, match in matches.items():
        group = asked.get(match[1]) if match else None
        inner = next((each for each in group.fields if match and each.key == match[3]), None) if group else None
        if match and group and inner:
            place = f"{group.key}.{positions[group.key][int(match[2])]}.{inner.key}"
            found[name] = Named(asked=inner, path=(group.key, inner.key), place=place)
    return found


def receive_web(
    form: FormDefinition, raw: Raw, *, ignore: Collection[str] = (), documents: Mapping[str, StoredFile]
) -> Received:
    """Sort the names of a web form. `ignore` are names of the page itself; `documents` may be named in file fields."""
    received = Received()
    asked = {each.key: each for each in form.fields}
    rows: dict[str, dict[int, dict[str, Sequence[str | Upload]]]] = {}
    for name, sent in raw.items() if len(raw) <= _MOST_NAMES else ():
        match = _ROW_NAME.fullmatch(name)
        group = asked.get(match[1]) if match else None
        if match and group and group.type is FieldType.GROUP:
            rows.setdefault(group.key, {}).setdefault(int(match[2]), {})[match[3]] = sent
        elif name in asked and asked[name].type is not FieldType.GROUP:
            _set(received.values, asked[name], _web_value(received, asked[name], name, sent, documents))
        elif name != ACTION_NAME and name not in ignore:
            received.refuse_unknown()
    if len(raw) > _MOST_NAMES:
        received.problems[""] = Problem("too_many_values")
    for key, sent_rows in rows.items():
        _receive_web_rows(received, asked[key], sent_rows, documents)
    return received


def _receive_web_rows(
    received: Received,
    group: Field,
    sent_rows: Mapping[int, Mapping[str, Sequence[str | Upload]]],
    documents: Mapping[str, StoredFile],
) -> None:
    most = _most_rows(received, group, len(sent_rows))
    inner_fields = {inner.key: inner for inner in group.fields}
    for position, number in enumerate(sorted(sent_rows)[:most]):
        place = f"{group.key}.{position}"
        values: dict[str, Any] = {}
        for key, sent in sent_rows[number].items():
            inner = inner_fields.get(key)
            if inner:
                _set(values, inner, _web_value(received, inner, f"{place}.{key}", sent, documents))
            elif key != ROW_MARK:
                received.refuse_unknown()
        _keep_row(received, group, position, values)


def _web_value(
    received: Received, asked: Field, place: str, sent: Sequence[str | Upload], documents: Mapping[str, StoredFile]
) -> Any:
    if not _may_be_sent(received, asked, place, any(sent)):
        return None
    if asked.type is FieldType.FILE:
        return _files(received, asked, place, sent, documents)
    texts = [text for text in sent if isinstance(text, str)]
    if asked.type is FieldType.MULTI_CHOICE:
        options = [received.read(asked, place, lambda text=text: from_text(asked, text)) for text in texts]  # type: ignore[misc]  # mypy cannot type a lambda's default
        return list(dict.fromkeys(option for option in options if option)) or None
    if len(texts) != len(sent) or len(set(texts)) > 1:
        received.note(asked, place, "several_values")
        return None
    return received.read(asked, place, lambda: from_text(asked, texts[0])) if texts else None


def _files(
    received: Received, asked: Field, place: str, sent: Sequence[Any], documents: Mapping[str, StoredFile]
) -> list[dict[str, Any]] | None:
    named = []
    most = asked.max_items or 1
    chosen = [each for each in sent if not (isinstance(each, Upload) and not each.name) and each != ""]
    for each in chosen[: most + 1]:
        if isinstance(each, Upload):
            accepted = received.read(asked, place, lambda each=each: accept_file(each, asked=asked))  # type: ignore[misc]  # as above
            if accepted:
                received.files.append(accepted)
                named.append(_file_value(accepted.name, accepted.media_type, len(accepted.content), accepted.sha256))
        elif isinstance(each, str) and each in documents:
            stored = documents[each]
            value = _file_value(stored.name, stored.media_type, stored.size, stored.sha256)
            named.append({**value, "documentKey": stored.key})
        else:
            received.note(asked, place, "unknown_document")
    return named or None


def _file_value(name: str, media_type: str, size: int, sha256: str) -> dict[str, Any]:
    return {"name": name, "mediaType": media_type, "size": size, "sha256": sha256}


def receive_json(form: FormDefinition, submission: object, *, documents: Mapping[str, StoredFile]) -> Received:
    """Sort a JSON submission of the API: one object, the answers by key, a group as a list of objects."""
    received = Received()
    if not isinstance(submission, Mapping):
        received.problems[""] = Problem("not_an_object")
        return received
    asked = {each.key: each for each in form.fields}
    nested = {each.variable_path: each.key for each in form.fields if len(each.variable_path) > 1}
    for key, value in _by_field(submission, (), asked, nested):
        if key not in asked:
            received.refuse_unknown()
        elif asked[key].type is FieldType.GROUP:
            _receive_json_rows(received, asked[key], value)
        else:
            _set(received.values, asked[key], _json_value(received, asked[key], key, value, documents))
    return received


def _by_field(
    sent: Mapping[str, Any], path: FieldPath, asked: Collection[str], nested: Mapping[FieldPath, str]
) -> Iterator[tuple[str, Any]]:
    """Give the answers by the keys of their fields; entries of variables may be sent as the variables hold them."""
    for name, value in sent.items():
        way = (*path, name)
        inside = any(each[: len(way)] == way and len(each) > len(way) for each in nested)
        if way in nested:
            yield nested[way], value
        elif inside and isinstance(value, Mapping) and (path or name not in asked):
            yield from _by_field(value, way, asked, nested)
        else:
            yield ".".join(way), value


def _receive_json_rows(received: Received, group: Field, value: object) -> None:
    if value is None:
        return
    if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in value):
        received.note(group, group.key, "not_rows")
        return
    inner_fields = {inner.key: inner for inner in group.fields}
    for position, row in enumerate(value[: _most_rows(received, group, len(value))]):
        values: dict[str, Any] = {}
        for key, entry in row.items():
            inner = inner_fields.get(key)
            if inner is None:
                received.refuse_unknown()
            else:
                _set(values, inner, _json_value(received, inner, f"{group.key}.{position}.{key}", entry, {}))
        _keep_row(received, group, position, values)


def _json_value(received: Received, asked: Field, place: str, value: Any, documents: Mapping[str, StoredFile]) -> Any:
    if not _may_be_sent(received, asked, place, value is not None):
        return None
    if asked.type not in (FieldType.MULTI_CHOICE, FieldType.FILE):
        return received.read(asked, place, lambda: from_json(asked, value))
    if value is None:
        return None
    if not isinstance(value, list):
        received.note(asked, place, "not_a_list")
        return None
    if asked.type is FieldType.FILE:
        return _files(received, asked, place, value, documents)
    options = [received.read(asked, place, lambda each=each: from_json(asked, each)) for each in value]  # type: ignore[misc]  # as above
    return list(dict.fromkeys(option for option in options if option)) or None


def _may_be_sent(received: Received, asked: Field, place: str, something: bool) -> bool:  # noqa: FBT001  # the last word of the sentence
    if something and not asked.submittable:
        received.note(asked, place, "not_writable")
    return asked.submittable


def _most_rows(received: Received, group: Field, sent: int) -> int:
    most = group.max_items or 100
    if sent > most:
        received.note(group, group.key, "too_many_items", {"maximum": most})
    return most


def _keep_row(received: Received, group: Field, position: int, values: dict[str, Any]) -> None:
    place = f"{group.key}.{position}."
    if values or any(each.startswith(place) for each in received.problems):
        received.rows.setdefault(group.key, []).append(Row(position, values))


def _set(values: dict[str, Any], asked: Field, value: Any) -> None:
    if value is not None:
        values[asked.key] = value
