"""Ad-hoc sub-processes: which of their activities are begun."""

from __future__ import annotations

from app.commands.begin_activities import begin_activities
from app.web.api import bodies, rules
from app.web.api.bodies import Body
from app.web.api.routing import Call, Route
from app.web.shell import now


class ActivityToBegin(Body):
    """An activity inside an ad-hoc sub-process, with variables of its own."""

    element_id: str
    variables: bodies.Variables = {}


class ActivitiesToBegin(Body):
    """What is begun in an ad-hoc sub-process, beside what is going on there or instead of it."""

    elements: list[ActivityToBegin]
    cancel_remaining_instances: bool = False


def begin_in_ad_hoc(call: Call) -> None:
    """Begin activities of an ad-hoc sub-process."""
    body: ActivitiesToBegin = call.body
    activities = [(each.element_id, each.variables) for each in body.elements]
    call.run(
        lambda uow, caller: begin_activities(
            uow,
            element_instance_key=call.key,
            activities=activities,
            cancels_remaining=body.cancel_remaining_instances,
            actor=caller.actor,
            reason=f"/v2: {caller.client.client_id}",
            now=now(),
        )
    )


ROUTES = (
    Route(
        method="POST",
        path="/v2/element-instances/ad-hoc-activities/{elementInstanceKey}/activation",
        operation="activate_ad_hoc_sub_process_activities",
        summary="Begin activities of an ad-hoc sub-process",
        rule=rules.REPAIR,
        view=begin_in_ad_hoc,
        takes=ActivitiesToBegin,
        errors=(404, 409),
    ),
)
