"""What a statute that the reader has named opens of a case: the answers, as that organisation may see them."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerByLaw:
    """An answer that is open by a law, with its question; masked as everything given to the organisation is."""

    asked: Field
    answer: Answer = field(repr=False)
    value: object = field(repr=False)


def answers_by_law(
    uow: UnitOfWork, *, sight: Sight, answers: Mapping[DataGroup, Sequence[Answer]], actor: Actor
) -> tuple[AnswerByLaw, ...]:
    """Return those of the visible answers that only a named law opens, in the order of data groups and questions."""
    if not sight.namings:
        return ()
    forms, found = KnownForms(uow), []
    for group in DataGroup:
        for answer in answers.get(group, ()):
            decision = sight.decisions.get((group, answer.controller_organisation_id))
            question = forms.question(answer) if decision and decision.ground is Ground.STATUTE else None
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
