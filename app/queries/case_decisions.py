"""
What decision tables have proposed of a client, why, and what people then decided (R-22).

A record of a decision is of the strictest data group, because its inputs may be facts of any: who may not see that
group sees no decision. The client sees all of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.domain.actor import Actor
from app.domain.errors import Concealed, InvalidDecision, NotAllowed, NotFound
from app.domain.facts import Answer
from app.domain.forms import FormDefinition, Option
from app.domain.localized import LocalizedText
from app.domain.masking import shown_answer
from app.engine.decisions import read_decisions
from app.engine.models import DecisionTable, read_table
from app.queries.access import Sight, log_reading, sight_of_case
from app.queries.beside import choices_to_read, form_of_case
from app.storage.answers import STRICTEST
from app.storage.decision_records import KeptDecision
from app.storage.monitor import InstanceFilters
from app.storage.unit_of_work import UnitOfWork

#: properties of a decision: the question by which a person decides, and the one that asks why they differ
CHOICE, REASON = "kyky.choice", "kyky.reason"
#: kind of reference data with the texts of decisions: `<decision>`, `<decision>.<column, row or code>`
TEXTS = "decision_text"
#: kinds of reference data whose rows name what decisions put out
_NAMED_BY = ("service", "client_group", "source", "outcome")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """
    One thing that was asked or put out: how it is called, and what it was.

    `names` are the texts of a code or of several; where there are none, `value` stands for itself. `form` is a form
    that asks the question `key`, which knows the labels of its options.
    """

    key: str
    label: LocalizedText
    names: tuple[LocalizedText, ...] = ()
    value: Any = field(default=None, repr=False)
    form: FormDefinition | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What a person decided after the proposal: the questions of the form and their answers."""

    form: FormDefinition
    values: Mapping[str, Any] = field(repr=False)
    at: datetime
    #: the lists by which keys of people and the like are read
    choices: Mapping[str, Sequence[Option]] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionLine:
    """
    One asking of a table: the proposal, the rows that led to it, what was known, and what a person decided.

    `has_choice`: the table proposes something that a person decides by a question of its own; None in `chosen` then
    says that nobody has yet. `version` 0: the version is gone.
    """

    at: datetime
    name: LocalizedText
    process_name: LocalizedText
    version: int
    published_at: datetime | None
    rows: tuple[LocalizedText, ...]
    proposal: tuple[tuple[Told, ...], ...]
    inputs: tuple[Told, ...]
    has_choice: bool
    chosen: Chosen | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDecisions:
    """The decisions of one case, the newest first."""

    case_number: str
    lines: tuple[DecisionLine, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Table:
    """A version of a decision: its number, when it was published, its properties and the names of its rows."""

    version: int
    published_at: datetime | None
    name: LocalizedText
    properties: Mapping[str, str]
    rows: Mapping[str, tuple[tuple[str, str], ...]]


_GONE = _Table(0, None, {}, {}, {})


def case_decisions(uow: UnitOfWork, *, case_key: int, actor: Actor, now: datetime) -> CaseDecisions:
    """
    Return the decisions of the case that the actor may see, and log what is read.

    :raises NotFound: no such case
    :raises Concealed: the records of decisions are not for this person
    """
    if actor.user_key is None:
        raise NotAllowed("case")
    sight = sight_of_case(uow, case_key=case_key, actor=actor, now=now)
    if not may_see_decisions(sight):
        raise Concealed("case", case_key, case_key=case_key)
    with uow.care.seen_by(actor, now=now):
        kept = uow.care.decisions.of_case(case_key)
    lines = tuple(_lines(uow, kept, sight, actor, now))
    log_reading(uow, sight=sight, actor=actor, groups=[STRICTEST], purpose=f"decisions:{case_key}", now=now)
    return CaseDecisions(case_number=sight.case.number, lines=lines)


def may_see_decisions(sight: Sight) -> bool:
    """Tell whether the viewer may see what was decided by tables: all that may be among the inputs."""
    return STRICTEST in sight.groups


def own_decisions(uow: UnitOfWork, *, actor: Actor, now: datetime) -> tuple[CaseDecisions, ...]:
    """Return the decisions of each of the client's own cases; a representative sees those that the mandate covers."""
    found = []
    for case_key in sorted(actor.case_keys, reverse=True):
        try:
            found.append(case_decisions(uow, case_key=case_key, actor=actor, now=now))
        except Concealed:
            continue
    return tuple(each for each in found if each.lines)


def _lines(
    uow: UnitOfWork, kept: Sequence[KeptDecision], sight: Sight, actor: Actor, now: datetime
) -> Iterator[DecisionLine]:
    case_key = sight.case.key
    instances = {
        line.key: line for line in uow.monitor.instances(InstanceFilters(case_key=case_key), after=None, limit=200)
    }
    tables = {(each.decision_id, each.content_hash): _table(uow, each) for each in kept}
    asked = {name for each in kept for name in each.inputs}
    asked |= {table.properties.get(name, "") for table in tables.values() for name in (CHOICE, REASON)}
    with uow.care.seen_by(actor, now=now):
        given = uow.care.answers.given(case_key, fields=asked - {""}, visible=sight.visible)
    names = _Names(uow)
    # when the same decision was asked next: what a person chose after that belongs to the later proposal
    later: dict[str, datetime] = {}
    for each in kept:
        table, instance = tables[each.decision_id, each.content_hash], instances.get(each.instance_key)
        definition_key = instance.definition_key if instance else 0
        forms = {answer.field: form_of_case(uow, definition_key, answer.form_id) for answer in given}
        rows = [
            (f"{decision_id}.{row}", row, text)
            for decision_id, number in each.matched_rules
            for row, text in table.rows.get(decision_id, ())[number - 1 : number]
            # a row tells what it looked at: nothing of a decision that looked at what the viewer may not know
            if _shown(each.inputs, actor).keys() == each.inputs.keys()
        ]
        yield DecisionLine(
            at=each.at,
            name=names.of(each.decision_id) or table.name or {"fi": each.decision_id},
            process_name=instance.process_name if instance else {},
            version=table.version,
            published_at=table.published_at,
            rows=tuple(names.of(code) or {"fi": text or row} for code, row, text in rows),
            proposal=tuple(_proposal(each, names, actor, skip={row for _, row, _ in rows})),
            inputs=tuple(
                Told(
                    key=name,
                    label=names.label(each.decision_id, name, forms.get(name)),
                    names=names.texts(each.decision_id, value),
                    value=value,
                    form=forms.get(name),
                )
                for name, value in _shown(each.inputs, actor).items()
                # thresholds and the like have no name for people
                if names.label(each.decision_id, name, forms.get(name))
            ),
            has_choice=CHOICE in table.properties,
            chosen=_chosen(uow, sight, table, given, forms, since=each.at, until=later.get(each.decision_id)),
        )
        later[each.decision_id] = each.at


def _chosen(
    uow: UnitOfWork,
    sight: Sight,
    table: _Table,
    given: Sequence[Answer],
    forms: Mapping[str, FormDefinition | None],
    *,
    since: datetime,
    until: datetime | None,
) -> Chosen | None:
    choice = table.properties.get(CHOICE, "")
    first = next(
        (
            answer
            for answer in given
            if answer.field == choice and since <= answer.answered_at and (until is None or answer.answered_at < until)
        ),
        None,
    )
    form = forms.get(choice)
    if first is None or form is None:
        return None
    wanted = (choice, table.properties.get(REASON, ""))
    values = {
        answer.field: answer.value for answer in given if answer.field in wanted and answer.task_key == first.task_key
    }
    choices = choices_to_read(uow, form, values, area_id=sight.case.area_id)
    return Chosen(form=form, values=values, at=first.answered_at, choices=choices)


def _proposal(kept: KeptDecision, names: _Names, actor: Actor, *, skip: set[str]) -> Iterator[tuple[Told, ...]]:
    """Give the rows of the output: a table that collects puts out several, each with its columns."""
    output = _shown({"": kept.output}, actor).get("")
    rows = output if isinstance(output, list) else [output]
    if all(not isinstance(row, dict) for row in rows):
        label = names.of(kept.decision_id) or {}
        yield (Told(key="", label=label, names=names.texts(kept.decision_id, output), value=output),)
        return
    for row in rows:
        columns = row.items() if isinstance(row, dict) else [("", row)]
        told = tuple(
            Told(
                key=name,
                label=names.label(kept.decision_id, name, None),
                names=names.texts(kept.decision_id, value),
                value=value,
            )
            for name, value in columns
            # one row tells its own name as the reason already; of several each has to say which it is
            if value not in (None, "", []) and (len(rows) > 1 or not (isinstance(value, str) and value in skip))
        )
        if told:
            yield told


def _shown(values: Mapping[str, Any], actor: Actor) -> Mapping[str, Any]:
    """Return what was asked or put out as the actor may see it; clients see their own as it is."""
    if actor.client_key is not None:
        return values
    shown = {key: shown_answer(key, value, organisation_type=actor.organisation_type) for key, value in values.items()}
    return {key: value for key, value in shown.items() if value is not None or values[key] is None}


def _table(uow: UnitOfWork, kept: KeptDecision) -> _Table:
    found = uow.definitions.decision_version(kept.decision_id, kept.content_hash)
    if found is None:
        return _GONE
    key, version, published_at = found
    xml, *imports = uow.definitions.decision_xml(key), *uow.decision_models.imports_of(key)
    try:
        model = read_decisions(xml, imports=imports)
        outlines = (*model.decisions, *model.services)
    except InvalidDecision:
        # published by an older version of the product; which rows it has can be told all the same
        outlines = ()
    own = next((each for each in outlines if each.decision_id == kept.decision_id), None)
    rows = {}
    for decision_id in {decision_id for decision_id, _ in kept.matched_rules}:
        table = _table_in((xml, *imports), decision_id)
        rows[decision_id] = tuple(
            (row.name, "; ".join(cell.text for cell in row.cells if cell.part == "annotation" and cell.text))
            for row in (table.rows if table is not None else ())
        )
    return _Table(version, published_at, own.name if own else {}, own.properties if own else {}, rows)


def _table_in(files: Iterable[bytes], decision_id: str) -> DecisionTable | None:
    for xml in files:
        # a rule may be one of an imported model
        with suppress(NotFound):
            return read_table(xml, decision_id)
    return None


class _Names:
    """How codes are called: texts of the decision first, then roles, organisations and rows of reference data."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._texts: Mapping[str, LocalizedText] = uow.reference.values(TEXTS)
        named: dict[str, LocalizedText] = {}
        for kind in _NAMED_BY:
            named |= {key: value["name"] for key, value in uow.reference.values(kind).items() if "name" in value}
        self._named = named | dict(uow.accounts.organisations()) | dict(uow.accounts.roles())

    def of(self, code: str) -> LocalizedText:
        """Return the text of a decision, or of one of its columns, rows or codes; empty where there is none."""
        return self._texts.get(code, {})

    def label(self, decision_id: str, name: str, form: FormDefinition | None) -> LocalizedText:
        """Return how a column is called: by the decision, else by the form that asks it; empty where nobody says."""
        asked = next((each.label for each in form.fields if each.key == name), None) if form is not None else None
        return self.of(f"{decision_id}.{name}") or asked or {}

    def texts(self, decision_id: str, value: Any) -> tuple[LocalizedText, ...]:
        """Return the texts of a code or of a list of codes; nothing unless each of them has one."""
        codes = value if isinstance(value, list) else [value]
        if not all(isinstance(code, str) for code in codes):
            return ()
        found = tuple(self.of(f"{decision_id}.{code}") or self._named.get(code, {}) for code in codes)
        return found if all(found) else ()
