"""Build the view of a form from its definition, what is filled in, and what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from app.domain.conditions import holds, keys_of, to_json
from app.domain.errors import Problem
from app.domain.forms import MOST_ROWS, Expression, Field, FieldPath, FieldType, FormDefinition, Option
from app.domain.localized import in_language
from app.domain.masking import CARE_OR_REHABILITATION, PARTNER
from app.engine.forms import ROW_MARK, Around, Raw, Situation, Upload, look_at, read_names
from app.locale import Texts
from app.web.forms.answer_texts import answer_text, raw_of
from app.web.forms.problem_texts import field_of, problem_text
from app.web.forms.rows import rows_of
from app.web.forms.view import FieldView, FormView, ProblemLine, RowView, SectionView
from app.web.forms.widgets import file_views, input_attributes, option_views, widget_of

#: stands for the number of a row in the row that the browser copies
ROW_PLACEHOLDER = "__row__"
_SHORT = frozenset([FieldType.INTEGER, FieldType.DECIMAL, FieldType.DATE, FieldType.DATE_TIME, FieldType.IDENTITY_CODE])
_DATES = frozenset([FieldType.DATE, FieldType.DATE_TIME])


def build_form_view(
    form: FormDefinition,
    *,
    raw: Raw | None,
    language: str,
    around: Around,
    problems: Sequence[Problem] = (),
    focus_id: str = "",
) -> FormView:
    """
    Return what the templates print.

    `raw` is what stands in the inputs: as the browser sent it, a draft, or `raw_of` stored answers; None where nothing
    is known yet. `problems` come from InvalidSubmission; `focus_id` is the element that takes the focus when there is
    none (after adding a row).
    """
    if raw is None:
        raw = raw_of(form, form.initial_values, language=language)
    builder = _Builder(form, raw, language, around, problems, focus_id)
    sections = tuple(
        SectionView(
            id=f"s-{section.key}", title=in_language(section.title, language), fields=builder.fields(section.fields)
        )
        for section in form.sections
    )
    texts = Texts.load(language)
    lines = tuple(builder.problem_line(problem, sections) for problem in problems)
    return FormView(
        form_id=form.form_id,
        language=language,
        title=in_language(form.title, language),
        introduction=in_language(form.introduction, language),
        sections=tuple(section for section in sections if section.fields),
        problems=lines,
        problems_title=texts.plural("forms.problems", count=len(lines)) if lines else "",
        title_prefix=texts("forms.title_prefix") if lines else "",
        has_files=form.has_files,
        asks_server=any(each.asks_server for each in _all_fields(sections)),
        texts=tuple((name, texts(f"forms.{name}")) for name in ("pick_date", "row_added", "row_removed", "file_kept")),
    )


def kept_files_of(
    form: FormDefinition, raw: Raw, *, names: Collection[str], language: str, around: Around
) -> dict[str, FieldView]:
    """Return the file fields of these names with the files that wait in them, and nothing else of them."""
    texts = Texts.load(language)
    found = {}
    for name, named in read_names(form, raw).items():
        if name in names and named.asked.type is FieldType.FILE:
            picked = [each for each in raw[name] if isinstance(each, str)]
            files = file_views(name, picked, around=around, texts=texts)
            label = in_language(named.asked.label, language)
            found[name] = FieldView(id=f"f-{name}", name=name, widget="file", label=label, files=files)
    return found


def conditions_now(form: FormDefinition, *, raw: Raw, language: str, around: Around) -> dict[str, Any]:
    """
    Return what holds for the answers so far, by the names of the inputs, as JSON for the browser.

    {"hidden": [name...], "required": [name...], "computed": {name: text}}
    """
    situation = look_at(form, raw, around=around)
    fields = {".".join(path): each for path, each in form.walk()}
    texts = Texts.load(language)
    computed = {}
    for place, value in situation.computed.items():
        asked, path = fields[_pattern(place)], tuple(_pattern(place).split("."))
        computed[_name(place)] = shown_text(asked, value, texts, around.options(asked, path))
    return {
        "hidden": sorted(map(_name, situation.hidden)),
        "required": sorted(map(_name, situation.required)),
        "computed": computed,
    }


def shown_text(asked: Field, value: Any, texts: Texts, options: Sequence[Option] | None = None) -> str:
    """
    Return an answer as a text to read: labels of options, yes and no in words, a dash for nothing.

    `options` are those that the form finds elsewhere: people, roles, services.
    """
    if value is None:
        return texts("forms.nothing")
    if isinstance(value, bool):
        return texts("forms.yes" if value else "forms.no")
    labels = {option.value: in_language(option.label, texts.language) for option in options or asked.options}
    labels |= {code: texts(f"access.masked.{code}") for code in (CARE_OR_REHABILITATION, PARTNER)}
    each = value if isinstance(value, (list, tuple)) else [value]
    return ", ".join(labels.get(str(one)) or answer_text(asked, one, texts.language) for one in each)


def _all_fields(sections: Sequence[SectionView]) -> Iterator[FieldView]:
    """Give the fields of all sections, of their rows, and of the rows to come."""
    for section in sections:
        for each in section.fields:
            yield each
            for row in (*each.rows, each.row_template):
                yield from row.fields if row else ()


def _name(place: str) -> str:
    return place.replace(".", "-")


def _pattern(place: str) -> str:
    parts = place.split(".")
    return f"{parts[0]}.{parts[2]}" if len(parts) == 3 else place


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where a field stands: its path in the form, its place, and what was sent for its row."""

    asked: Field
    path: FieldPath
    place: str
    sent: Raw
    is_new_row: bool = False

    @property
    def name(self) -> str:
        return _name(self.place)

    def texts(self) -> list[str]:
        return [text for text in self.sent.get(self.asked.key, ()) if isinstance(text, str)]


class _Builder:
    def __init__(
        self,
        form: FormDefinition,
        raw: Raw,
        language: str,
        around: Around,
        problems: Sequence[Problem],
        focus_id: str,
    ) -> None:
        self._form = form
        self._raw = raw
        self._language = language
        self._around = around
        self._focus_id = "" if problems else focus_id
        self._texts = Texts.load(language)
        self._situation: Situation = look_at(form, raw, around=around, ignore=raw.keys())
        self._problems = {problem.place: problem for problem in reversed(problems)}

    def problem_line(self, problem: Problem, sections: Sequence[SectionView]) -> ProblemLine:
        text = problem_text(problem, form=self._form, language=self._language)
        if field_of(self._form, problem) is None:
            return ProblemLine(text=text, target="")
        name = _name(problem.place)
        targets = (each.target_id for each in _all_fields(sections) if each.name == name)
        return ProblemLine(text=text, target=next(targets, ""))

    def fields(self, fields: Sequence[Field]) -> tuple[FieldView, ...]:
        spots = [_Spot(each, (each.key,), each.key, self._raw) for each in fields]
        return tuple(self._field(spot) for spot in spots if self._belongs_on_page(spot))

    def _belongs_on_page(self, spot: _Spot) -> bool:
        """Leave out what is hidden for reasons that no answer on this page can change."""
        return self._is_shown(spot) or self._may_change(spot.asked.show_if, spot)

    def _may_change(self, expression: Expression | None, spot: _Spot) -> bool:
        """Tell whether answers on this page can change what the expression gives."""
        if expression is None:
            return False
        return not self._changeable(spot).isdisjoint(name.partition(".")[0] for name in expression.names)

    def _changeable(self, spot: _Spot) -> set[str]:
        fields = [*self._form.fields, *(self._group(spot).fields if len(spot.path) > 1 else ())]
        return {each.key for each in fields if not each.read_only}

    def _browser_condition(self, expression: Expression | None, spot: _Spot) -> str:
        """Return the condition as JSON where the browser can tell it by the inputs alone."""
        if expression is None or expression.simple is None or not self._may_change(expression, spot):
            return ""
        fields = [*self._form.fields, *(self._group(spot).fields if len(spot.path) > 1 else ())]
        if not keys_of(expression.simple) <= {each.key for each in fields if each.submittable}:
            return ""
        return json.dumps(to_json(expression.simple), ensure_ascii=False, separators=(",", ":"))

    def _asks_server(self, expression: Expression | None, spot: _Spot) -> bool:
        return self._may_change(expression, spot) and not self._browser_condition(expression, spot)

    def _group(self, spot: _Spot) -> Field:
        return self._form.field_at(spot.path[:1])

    def _is_shown(self, spot: _Spot) -> bool:
        return self._holds(spot.asked.show_if, spot, otherwise=spot.place not in self._situation.hidden)

    def _is_required(self, spot: _Spot) -> bool:
        if spot.asked.required:
            return True
        known = spot.place in self._situation.required
        return spot.asked.required_if is not None and self._holds(spot.asked.required_if, spot, otherwise=known)

    def _holds(self, expression: Expression | None, spot: _Spot, *, otherwise: bool) -> bool:
        """Look at a condition in a row with nothing in it, which is no answer yet: all of it is null."""
        is_empty_row = spot.is_new_row or not any(map(any, spot.sent.values()))
        if expression is None or len(spot.path) == 1 or not is_empty_row:
            return otherwise
        if expression.simple is None:
            return False
        values: dict[str, Any] = self._situation.received.all_values()
        own = {each.key for each in self._group(spot).fields}
        return holds(expression.simple, {key: values[key] for key in values if key not in own}) is True

    def _field(self, spot: _Spot) -> FieldView:
        asked = spot.asked
        field_id = f"f-{spot.name}"
        widget = widget_of(asked, spot.path, self._around)
        picked = spot.texts()
        options = option_views(
            asked, spot.path, field_id=field_id, picked=picked, around=self._around, texts=self._texts
        )
        problem = self._problems.get(spot.place)
        required = self._is_required(spot)
        return FieldView(
            id=field_id,
            name=spot.name,
            widget=widget,
            label=in_language(asked.label, self._language),
            hint=self._hint(spot),
            mark=self._mark(asked),
            problem=problem_text(problem, form=self._form, language=self._language) if problem else "",
            value=self._value(spot, widget),
            options=options,
            attributes=input_attributes(asked),
            required=required,
            multiple=(asked.max_items or 1) > 1,
            inline=asked.type is FieldType.BOOLEAN,
            short=asked.type in _SHORT,
            picks_date=asked.type in _DATES and widget == "text",
            autofocus=bool(self._focus_id) and self._focus_id in (field_id, f"{field_id}-add"),
            show_if=self._browser_condition(asked.show_if, spot),
            required_if=self._browser_condition(asked.required_if, spot),
            asks_server=self._may_change(asked.computed, spot)
            or self._asks_server(asked.show_if, spot)
            or self._asks_server(asked.required_if, spot),
            is_shown=self._is_shown(spot),
            files=file_views(spot.name, picked, around=self._around, texts=self._texts) if widget == "file" else (),
            **(self._rows(spot) if widget == "group" else {}),
        )

    def _value(self, spot: _Spot, widget: str) -> str:
        if widget != "shown":
            texts = spot.texts()
            return texts[0] if texts else ""
        known = self._around.known.get(spot.asked.key) if spot.asked.read_only else None
        value = self._situation.computed.get(spot.place, known)
        return shown_text(spot.asked, value, self._texts, self._around.options(spot.asked, spot.path))

    def _mark(self, asked: Field) -> str:
        if asked.required or not asked.submittable:
            return ""
        return self._texts("forms.optional" if asked.required_if is None else "forms.when_needed")

    def _hint(self, spot: _Spot) -> str:
        asked = spot.asked
        hints = [in_language(asked.hint, self._language)]
        if asked.submittable and asked.type in (FieldType.DATE, FieldType.DATE_TIME, FieldType.FILE):
            hints.append(self._texts(f"forms.hint_{asked.type}"))
        if any(isinstance(each, Upload) and each.name for each in spot.sent.get(asked.key, ())):
            # only where it could not be kept
            hints.append(self._texts("forms.choose_file_again"))
        return " ".join(hint for hint in hints if hint)

    def _rows(self, spot: _Spot) -> dict[str, Any]:
        group = spot.asked
        sent = rows_of(group, self._raw)
        least = max(group.min_items or 0, 1 if self._is_required(spot) else 0)
        sent += [{} for _ in range(least - len(sent))]
        return {
            "rows": tuple(self._row(group, str(position), each) for position, each in enumerate(sent)),
            "row_template": self._row(group, ROW_PLACEHOLDER, {}),
            "add_text": self._texts("forms.add_row", label=in_language(group.label, self._language)),
            "most_rows": group.max_items or MOST_ROWS,
        }

    def _row(self, group: Field, position: str, sent: Raw) -> RowView:
        number = int(position) + 1 if position.isdigit() else position
        label = in_language(group.label, self._language)
        is_new = position == ROW_PLACEHOLDER
        spots = [
            _Spot(inner, (group.key, inner.key), f"{group.key}.{position}.{inner.key}", sent, is_new_row=is_new)
            for inner in group.fields
        ]
        return RowView(
            id=f"f-{group.key}-{position}",
            position=position,
            legend=self._texts("forms.label_in_row", label=label, row=number),
            mark_name=f"{group.key}-{position}-{ROW_MARK}",
            fields=tuple(self._field(each) for each in spots if is_new or self._belongs_on_page(each)),
            remove_text=self._texts("forms.remove_row", row=number, label=label),
            remove_action=f"remove:{group.key}:{position}",
        )
