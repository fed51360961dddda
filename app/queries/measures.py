"""The county's numbers: measures with their figures, small groups hidden; no client is in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.domain.actor import Actor, may_see_measures
from app.domain.errors import NotAllowed, NotFound
from app.domain.localized import LocalizedText
from app.domain.statistics.definitions import Definitions, Kind, MeasureDefinition, SeedQuestion, read_definitions
from app.domain.statistics.events import Event, Material, Question
from app.domain.statistics.figures import Figure, compute
from app.storage.unit_of_work import UnitOfWork

MEASURES, MEASURE_QUESTIONS = "measure", "measure_question"
#: kinds of reference data whose rows name the values that are counted
_NAMED_BY = ("service", "outcome", "source")


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureLine:
    """A measure with its figures."""

    definition: MeasureDefinition
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What a report can be narrowed to, and how the codes in it are called."""

    areas: Mapping[str, LocalizedText]
    sources: Mapping[str, LocalizedText]
    organisations: Mapping[str, LocalizedText]
    values: Mapping[str, LocalizedText]
    municipalities: Mapping[str, LocalizedText]
    #: how many are unemployed in a municipality, as the county has brought it in; numbers by municipality are shown
    #: per thousand of them too
    unemployed: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureReport:
    """Measures for what was asked, with the questions of the seeds that they answer."""

    lines: tuple[MeasureLine, ...]
    questions: tuple[SeedQuestion, ...]
    choices: Choices


def measure_report(
    uow: UnitOfWork, *, question: Question, actor: Actor, measure_ids: Sequence[str] | None = None
) -> MeasureReport:
    """
    Return the measures, all of them or those named, computed now.

    :raises NotAllowed: none of the actor's roles sees numbers
    :raises NotFound: no such measure
    """
    if not may_see_measures(actor):
        raise NotAllowed("measures")
    definitions = measure_definitions(uow)
    chosen = _chosen(definitions, measure_ids)
    names = {name for measure in chosen for figure in measure.figures for name in figure.events}
    measured = any(figure.kind is Kind.CHANGE for measure in chosen for figure in measure.figures)
    material = uow.statistics.material(names, measured=measured)
    by_name: dict[str, list[Event]] = {}
    for event in material.events:
        by_name.setdefault(event.name, []).append(event)
    lines = [
        MeasureLine(
            definition=measure,
            figures=tuple(
                compute(figure, Material(events=_of(by_name, figure.events), changes=material.changes), question)
                for figure in measure.figures
            ),
        )
        for measure in chosen
    ]
    return MeasureReport(lines=tuple(lines), questions=definitions.questions, choices=_choices(uow))


def measure_definitions(uow: UnitOfWork) -> Definitions:
    """Return the definitions in force. :raises InvalidInput: a definition is wrong"""
    return read_definitions(uow.reference.values(MEASURES), uow.reference.values(MEASURE_QUESTIONS))


def _chosen(definitions: Definitions, measure_ids: Sequence[str] | None) -> tuple[MeasureDefinition, ...]:
    if measure_ids is None:
        return definitions.measures
    chosen = []
    for measure_id in measure_ids:
        measure = definitions.measure(measure_id)
        if measure is None:
            raise NotFound("measure", measure_id)
        chosen.append(measure)
    return tuple(chosen)


def _of(by_name: Mapping[str, Sequence[Event]], names: Iterable[str]) -> tuple[Event, ...]:
    return tuple(event for name in sorted(names) for event in by_name.get(name, ()))


def _choices(uow: UnitOfWork) -> Choices:
    named: dict[str, LocalizedText] = {}
    for kind in _NAMED_BY:
        named |= {key: value["name"] for key, value in uow.reference.values(kind).items()}
    municipalities: dict[str, Any] = {}
    for area_id in ("", *uow.reference.areas()):
        municipalities |= uow.reference.values("municipality", area_id=area_id)
    return Choices(
        areas=uow.reference.areas(),
        sources={key: value["name"] for key, value in uow.reference.values("source").items()},
        organisations=dict(uow.accounts.organisations()),
        values=named,
        municipalities={key: value["name"] for key, value in municipalities.items()},
        unemployed={
            key: value["unemployed"]
            for key, value in municipalities.items()
            if isinstance(value.get("unemployed"), int) and value["unemployed"] > 0
        },
    )
