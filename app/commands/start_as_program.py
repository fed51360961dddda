"""Start a process instance for a program that calls the API."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.commands.start_instance import Started, start_instance
from app.domain.api_client import Caller
from app.domain.errors import NotFound
from app.domain.searching import Condition, Operator, Order, Search
from app.domain.sent_variables import check_variables
from app.storage.unit_of_work import UnitOfWork


def start_as_program(
    uow: UnitOfWork,
    *,
    caller: Caller,
    definition_key: int | None,
    process_id: str,
    version: int | None,
    version_tag: str,
    start_element_id: str | None,
    variables: Mapping[str, Any],
    business_id: str,
    now: datetime,
) -> Started:
    """
    Start the version of the key, else of id and version or version tag, else the newest of the id.

    A program ties no instance to a client's case: the case's name is no variable that may be sent.

    :raises NotFound: no such process or version
    :raises NotAllowed: none of the service person's roles may start it
    :raises InvalidInput: a variable that may not be sent, no such start event
    """
    check_variables(variables)
    if definition_key is None and version is not None:
        definition_key = uow.definitions.get_version(process_id, version).key
    elif definition_key is None and version_tag:
        definition_key = _tagged(uow, process_id, version_tag)
    return start_instance(
        uow,
        actor=caller.actor,
        process_id=process_id,
        definition_key=definition_key,
        start_element_id=start_element_id,
        variables=variables,
        business_id=business_id,
        now=now,
    )


def _tagged(uow: UnitOfWork, process_id: str, version_tag: str) -> int:
    found = uow.api_searches.process_definitions(
        Search(
            conditions=(
                Condition("processDefinitionId", Operator.EQUAL, process_id),
                Condition("versionTag", Operator.EQUAL, version_tag),
            ),
            order=(Order("version", descending=True),),
            limit=1,
        )
    )
    if not found.rows:
        raise NotFound("process version", version_tag)
    return int(found.rows[0]["key"])
