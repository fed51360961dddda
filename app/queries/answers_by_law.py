"""
What a law that the reader has named, or an opening in an emergency, opens of a case: the answers.

Both open what their organisation does not read otherwise, for a time; the answers are masked as they are for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.domain.access import Ground
from app.domain.actor import Actor
from app.domain.disclosure import given_answer
from app.domain.facts import Answer
from app.domain.forms import Field
from app.domain.sharing import DataGroup
from app.queries.access import Sight
from app.queries.known_forms import KnownForms
from app.storage.unit_of_work import UnitOfWork

#: grounds on which the answers themselves are shown: who reads on another has forms, tasks and records to read them in
_SHOWN = frozenset({Ground.STATUTE, Ground.EMERGENCY})


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerByLaw:
    """An answer open by a law or in an emergency, with its question; masked as what the organisation is given is."""

    asked: Field
    answer: Answer = field(repr=False)
    value: object = field(repr=False)


def answers_by_law(
    uow: UnitOfWork, *, sight: Sight, answers: Mapping[DataGroup, Sequence[Answer]], actor: Actor
) -> tuple[AnswerByLaw, ...]:
    """
    Return those of the visible answers that only a law or an emergency opens, by data group and question.

    In an emergency health comes first: it is what somebody's life depends on.
    """
    if not sight.namings and sight.emergency_until is None:
        return ()
    forms, found = KnownForms(uow), []
    urgent = DataGroup.HEALTH if sight.emergency_until is not None else None
    for group in sorted(DataGroup, key=lambda each: each is not urgent):
        for answer in answers.get(group, ()):
            decision = sight.decisions.get((group, answer.controller_organisation_id))
            question = forms.question(answer) if decision and decision.ground in _SHOWN else None
            if question is None:
                continue
            value = given_answer(
                answer.field,
                answer.value,
                group=group,
                organisation_id=actor.organisation_id,
                organisation_type=actor.organisation_type,
            )
            if value not in (None, "", []):
                found.append(AnswerByLaw(asked=question[1], answer=answer, value=value))
    return tuple(found)
