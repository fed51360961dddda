"""Start the processes whose conditional start events hold for what a program knows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.commands.start_instance import Started, start_instance
from app.domain.actor import Actor
from app.domain.errors import NotAllowed
from app.domain.sent_variables import check_variables
from app.engine.start_conditions import starts_that_hold
from app.published import process_of, surroundings
from app.storage.unit_of_work import UnitOfWork


def evaluate_start_conditions(
    uow: UnitOfWork, *, definition_key: int | None, variables: Mapping[str, Any], actor: Actor, now: datetime
) -> list[Started]:
    """
    Start an instance for each conditional start event that holds: of the version, else of all newest versions.

    Among all, those that the actor may not start are left out.

    :raises NotFound: no such version
    :raises NotAllowed: the version may not be started by the actor
    :raises EngineFault: a condition fails
    :raises InvalidInput: a variable that may not be sent
    """
    check_variables(variables)
    keys = uow.messages.processes_with_start_conditions() if definition_key is None else [definition_key]
    started = []
    for key in keys:
        process = process_of(uow, key)
        around = surroundings(uow, process, definition_key=key, case_key=None, area_id="", now=now)
        for element_id in starts_that_hold(process, variables=variables, surroundings=around):
            try:
                started.append(
                    start_instance(
                        uow,
                        actor=actor,
                        definition_key=key,
                        start_element_id=element_id,
                        variables=variables,
                        now=now,
                    )
                )
            except NotAllowed:
                if definition_key is not None:
                    raise
    return started
