"""Keep what a step noted (`kyky.note.<fact>`) as answers of the case: results that are no process variables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from app.domain.access import Ground, Purpose
from app.domain.actor import Actor
from app.domain.answers import RecordAnswer
from app.domain.forms import RecordKind, RecordTarget
from app.domain.steps import FactNoted
from app.engine.feel import Value, to_json
from app.storage.rows import Instance
from app.storage.unit_of_work import UnitOfWork

#: a note comes after the answers of the form that led to it, which are of the same moment
AFTER_THE_FORM = timedelta(microseconds=1)


def note_facts(uow: UnitOfWork, *, instance: Instance, notes: Sequence[FactNoted], actor: Actor, now: datetime) -> None:
    """
    Add the notes to the answers of the instance's case; of several about one fact the last is kept.

    They stand under the decision or the element that said them, in the register of the organisation whose process it
    is. The engine notes nothing where there is no case.
    """
    if instance.case_key is None:
        return
    case = uow.care.cases.get(instance.case_key)
    last = {noted.fact: noted for noted in notes}
    for noted in last.values():
        value = _as_answered(noted.value)
        uow.care.answers.add(
            case.key,
            [
                RecordAnswer(
                    target=RecordTarget(RecordKind.ANSWER),
                    key=noted.fact,
                    value=value,
                    fact=value,
                    data_group=noted.data_group,
                )
            ],
            form_id=noted.source,
            controller_organisation_id=instance.organisation_id or case.controller_organisation_id,
            task_key=None,
            answered_by=None,
            now=now + AFTER_THE_FORM,
        )
    uow.access_log.add(
        actor=actor,
        action="change",
        client_key=case.client_key,
        case_key=case.key,
        data_groups=sorted({str(noted.data_group) for noted in last.values()}),
        purpose=Purpose.CARE,
        ground=Ground.OWN_REGISTER,
        now=now,
    )


def _as_answered(value: Value) -> Value:
    """Return the value as an answer is: dates and moments stay what they are, what no form asks becomes its text."""
    if isinstance(value, list):
        return [_as_answered(item) for item in value]
    if isinstance(value, dict):
        return {key: _as_answered(item) for key, item in value.items()}
    return value if isinstance(value, date) else to_json(value)
