"""Write variables for a program that calls the API."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.commands.resolve_incident import set_variables
from app.domain.api_client import Caller
from app.domain.errors import NotFound
from app.domain.sent_variables import check_variables
from app.storage.unit_of_work import UnitOfWork


def write_program_variables(
    uow: UnitOfWork, *, scope_key: int, variables: Mapping[str, Any], local: bool, caller: Caller, now: datetime
) -> None:
    """
    Write variables from the scope of an element instance (or of the process instance) on.

    :raises NotFound: no such scope
    :raises InstanceEnded: its instance has ended
    :raises NotAllowed: the service person may not repair instances
    :raises InvalidInput: a variable that may not be sent
    """
    check_variables(variables)
    found = uow.api_searches.instance_of_scope(scope_key)
    if found is None:
        raise NotFound("element instance", scope_key)
    set_variables(
        uow,
        instance_key=found[0],
        scope_key=found[1],
        variables=variables,
        local=local,
        actor=caller.actor,
        reason=f"/v2: {caller.client.client_id}",
        now=now,
    )
