"""Read a form definition: JSON in, a checked FormDefinition out, or every problem that it has with its place."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache

from app.domain.errors import InvalidFormDefinition, Problem
from app.domain.forms import LONGEST_VERSION_TAG, Field, FormDefinition, RecordKind, Refused, Section
from app.domain.sharing import DataGroup
from app.engine.forms.expressions import check_expressions
from app.engine.forms.field_reading import MOST_FIELDS, read_data_group, read_field, read_key, read_member
from app.engine.forms.json_source import JsonObject, read_object

_FORM_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,99}")
MOST_SECTIONS = 50


@lru_cache(maxsize=256)
def read_form(content: bytes) -> FormDefinition:
    """
    Read a form definition (docs/reference/forms.md), once for the same bytes.

    :raises InvalidFormDefinition: with a problem for each thing wrong, its place the path of keys
    """
    problems: list[Problem] = []
    source = JsonObject(read_object(content), place="", problems=problems)
    form_id = source.text("id", required=True)
    if form_id and not _FORM_ID.fullmatch(form_id):
        source.problem("form_key", written=form_id[:60])
    data_group = read_data_group(source, default=None)
    form = FormDefinition(
        form_id=form_id,
        title=source.localized("title", required=True),
        introduction=source.localized("introduction"),
        data_group=data_group,
        sections=tuple(_section(each, data_group) for each in source.objects("sections", most=MOST_SECTIONS)),
        content_hash=hashlib.sha256(content).hexdigest(),
        version_tag=source.text("versionTag", longest=LONGEST_VERSION_TAG).strip(),
        refuses=read_member(source, "refuses", Refused),
    )
    source.refuse_unknown()
    problems += _check_whole(form)
    if not problems:
        form, problems = check_expressions(form)
    if problems:
        raise InvalidFormDefinition(problems)
    return form


def _section(source: JsonObject, data_group: DataGroup | None) -> Section:
    section = Section(
        key=read_key(source),
        title=source.localized("title", required=True),
        fields=tuple(
            read_field(each, data_group=data_group) for each in source.objects("fields", most=MOST_FIELDS, under="")
        ),
    )
    source.refuse_unknown()
    return section


def _check_whole(form: FormDefinition) -> Iterator[Problem]:
    """Check what no field can know alone: keys, variables and attributes are used once, and nothing is empty."""
    fields = list(form.fields)
    if not form.sections or not fields:
        yield Problem("form_empty")
    if sum(1 for _ in form.walk()) > MOST_FIELDS:
        yield Problem("form_list", values={"property": "fields", "maximum": MOST_FIELDS})
    yield from _repeated("form_key_repeated", (section.key for section in form.sections))
    yield from _repeated("form_key_repeated", (each.key for each in fields))
    for each in fields:
        for problem in _repeated("form_key_repeated", (inner.key for inner in each.fields)):
            yield Problem(problem.code, place=f"{each.key}.{problem.place}", name=problem.name)
    written = [each for each in fields if not each.read_only]
    variables = {each.variable_path for each in written}
    yield from _repeated("form_variable_repeated", (each.process_variable for each in written))
    for path in sorted(variables):
        if any(path[:length] in variables for length in range(1, len(path))):
            # an entry of what another field holds as a whole
            yield Problem("form_variable_repeated", place=".".join(path), name=".".join(path))
    yield from _repeated("form_record_repeated", (_attribute(each) for each in written))


def _attribute(asked: Field) -> str | None:
    target = asked.record
    return str(target) if target and target.kind in (RecordKind.CLIENT, RecordKind.CASE) else None


def _repeated(code: str, names: Iterable[str | None]) -> Iterator[Problem]:
    for name, times in Counter(names).items():
        if name and times > 1:
            yield Problem(code, place=name, name=name)
