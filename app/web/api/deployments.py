"""Publishing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

import msgspec
from flask import request
from werkzeug.datastructures import FileStorage

from app.commands.publish import Deployment, publish
from app.domain.errors import InvalidInput, Problem
from app.queries.api_reads import deployed_forms
from app.web.api import rules
from app.web.api.bodies import TENANT, Answer
from app.web.api.decisions import requirements_id, requirements_key
from app.web.api.routing import Call, Route
from app.web.api.texts import said
from app.web.shell import now

MOST_RESOURCES = 200


class DeployedProcess(Answer):
    """A published version of a process."""

    process_definition_id: str
    process_definition_key: str
    process_definition_version: int
    resource_name: str
    tenant_id: str = TENANT


class DeployedDecision(Answer):
    """A published version of a decision."""

    decision_definition_id: str
    decision_definition_key: str
    decision_requirements_id: str
    decision_requirements_key: str
    name: str
    version: int
    tenant_id: str = TENANT


class DeployedRequirements(Answer):
    """The DMN file that published decisions are in."""

    decision_requirements_id: str
    decision_requirements_key: str
    decision_requirements_name: str
    resource_name: str
    version: int
    tenant_id: str = TENANT


class DeployedForm(Answer):
    """A published version of a form."""

    form_id: str
    form_key: str
    version: int
    resource_name: str
    tenant_id: str = TENANT


class Deployed(Answer):
    """One thing that was published; the others are null."""

    process_definition: DeployedProcess | None = None
    decision_definition: DeployedDecision | None = None
    decision_requirements: DeployedRequirements | None = None
    form: DeployedForm | None = None
    resource: None = None


class DeploymentAnswer(Answer):
    """What was published together; what had not changed keeps its version."""

    deployment_key: str
    deployments: list[Deployed]
    tenant_id: str = TENANT


def create_deployment(call: Call) -> DeploymentAnswer:
    """Publish the files of the request: all of them, or none."""
    tenant = request.form.get("tenantId", TENANT)
    if tenant != TENANT:
        raise InvalidInput([Problem("unknown_tenant", place="tenantId")])
    resources: dict[str, bytes] = {}
    for uploaded in _files():
        name = PurePosixPath((uploaded.filename or "").replace("\\", "/")).name
        if not name or name in resources or len(resources) >= MOST_RESOURCES:
            raise InvalidInput([Problem("resource_name", place="resources", values={"name": name})])
        resources[name] = uploaded.read()
    done = call.run(lambda uow, caller: publish(uow, resources=resources, actor=caller.actor, now=now()))
    forms = call.read(lambda uow, _: deployed_forms(uow, keys=list(done.forms.values()))) if done.forms else {}
    return _deployment(done, forms, resources)


def _files() -> Iterator[FileStorage]:
    for name in request.files:
        yield from request.files.getlist(name)


def _deployment(
    done: Deployment, forms: Mapping[int, tuple[str, int]], resources: Mapping[str, bytes]
) -> DeploymentAnswer:
    parts = [
        Deployed(
            process_definition=DeployedProcess(
                process_definition_id=definition.process_id,
                process_definition_key=str(definition.key),
                process_definition_version=definition.version,
                resource_name=resource_name,
            )
        )
        for definition, resource_name in done.processes
    ]
    requirements: dict[str, DeployedRequirements] = {}
    for decision in done.decisions:
        key = requirements_key(hashlib.sha256(resources[decision.resource_name]).hexdigest())
        named = requirements_id(decision.resource_name)
        requirements[decision.resource_name] = DeployedRequirements(
            decision_requirements_id=named,
            decision_requirements_key=key,
            decision_requirements_name=named,
            resource_name=decision.resource_name,
            version=decision.version,
        )
        parts.append(
            Deployed(
                decision_definition=DeployedDecision(
                    decision_definition_id=decision.decision_id,
                    decision_definition_key=str(decision.key),
                    decision_requirements_id=named,
                    decision_requirements_key=key,
                    name=said(decision.name, decision.decision_id),
                    version=decision.version,
                )
            )
        )
    parts += [Deployed(decision_requirements=item) for item in requirements.values()]
    names = {_form_id(content): name for name, content in resources.items() if name.endswith((".json", ".form"))}
    parts += [
        Deployed(form=DeployedForm(form_id=form_id, form_key=str(key), version=version, resource_name=names[form_id]))
        for key, (form_id, version) in forms.items()
    ]
    return DeploymentAnswer(deployment_key=str(done.key), deployments=parts)


def _form_id(content: bytes) -> str:
    return str(msgspec.json.decode(content)["id"])


ROUTES = (
    Route(
        method="POST",
        path="/v2/deployments",
        operation="create_deployment",
        summary="Publish diagrams (*.bpmn), decisions (*.dmn) and forms (*.json): all of them, or none",
        rule=rules.PUBLISH,
        view=create_deployment,
        gives=DeploymentAnswer,
        form={
            "type": "object",
            "required": ["resources"],
            "properties": {
                "resources": {"type": "array", "items": {"type": "string", "format": "binary"}},
                "tenantId": {"type": "string", "const": TENANT},
            },
        },
        errors=(413,),
    ),
)
