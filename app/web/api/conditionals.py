"""Conditional start events: a program tells what it knows, and the processes whose conditions hold begin."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from app.commands.evaluate_start_conditions import evaluate_start_conditions
from app.domain.keys import new_key
from app.web.api import bodies, rules
from app.web.api.bodies import TENANT, Answer, Body
from app.web.api.routing import Call, Route
from app.web.shell import now


class Evaluation(Body):
    """Variables to look at the conditions with; of one process version, or of the newest of each process."""

    variables: bodies.Variables = {}
    process_definition_key: bodies.KeyText | UnsetType = UNSET
    tenant_id: bodies.Tenant = TENANT


class StartedInstance(Answer):
    """An instance that began."""

    process_definition_key: str
    process_instance_key: str


class Evaluated(Answer):
    """What began; the key stands for this evaluation."""

    conditional_evaluation_key: str
    process_instances: list[StartedInstance]
    tenant_id: str = TENANT


def evaluate(call: Call) -> Evaluated:
    """Start the processes whose conditional start events hold."""
    body: Evaluation = call.body
    key = None if body.process_definition_key is UNSET else bodies.key_number(body.process_definition_key)
    started = call.run(
        lambda uow, caller: evaluate_start_conditions(
            uow, definition_key=key, variables=body.variables, actor=caller.actor, now=now()
        )
    )
    return Evaluated(
        conditional_evaluation_key=str(new_key()),
        process_instances=[
            StartedInstance(
                process_definition_key=str(each.definition.key), process_instance_key=str(each.instance_key)
            )
            for each in started
        ],
    )


ROUTES = (
    Route(
        method="POST",
        path="/v2/conditionals/evaluation",
        operation="evaluate_conditionals",
        summary="Start the processes whose conditional start events hold for the variables",
        rule=rules.START,
        view=evaluate,
        takes=Evaluation,
        gives=Evaluated,
        errors=(404,),
    ),
)
