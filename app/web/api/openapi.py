"""The OpenAPI 3.1 document of what is offered, made from the routes and the types of their bodies."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from http import HTTPStatus
from typing import Any

import msgspec

from app.domain.api_client import Scope
from app.web.api.bodies import Answer
from app.web.api.cluster import product_version
from app.web.api.routing import Route

REFERENCE = "#/components/schemas/{name}"
_PROBLEM = "ProblemDetails"


class ProblemLine(Answer):
    """One thing that is wrong with what was sent."""

    code: str
    place: str
    text: str


class ProblemDetails(Answer):
    """What went wrong (RFC 9457). Texts are English unless Accept-Language asks for fi or sv; codes do not change."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    problems: list[ProblemLine] = []


def document(routes: Sequence[Route]) -> dict[str, Any]:
    """Return the document of the routes."""
    types = [kind for route in routes for kind in (route.takes, route.gives) if _is_body(kind)]
    _, components = msgspec.json.schema_components([*types, ProblemDetails], ref_template=REFERENCE)
    names = _names(tuple(types))
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, names)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Kykypolku",
            "version": product_version(),
            "description": (
                "Processes, tasks, jobs, messages, incidents and decisions for other systems. Shaped so that clients "
                "of Camunda 8's REST API can talk to it. Data of clients is not here: it never is process data."
            ),
            "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": _security_schemes()},
    }


def _is_body(kind: Any) -> bool:
    return kind is not None and kind is not str


@cache
def _names(types: tuple[Any, ...]) -> dict[Any, str]:
    """Return under which reference each type stands in the components."""
    written, _ = msgspec.json.schema_components(types, ref_template=REFERENCE)
    return {kind: schema["$ref"] for kind, schema in zip(types, written, strict=True)}


def _operation(route: Route, names: dict[Any, str]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": _camel(route.operation),
        "summary": route.summary,
        "description": f"{route.rule.summary}",
        "tags": [route.path.split("/")[2]],
        "parameters": _parameters(route),
        "responses": _responses(route, names),
        "security": [] if route.rule.public else _security(route),
        "x-rule": route.rule.name,
    }
    if route.form is not None:
        media = (
            "multipart/form-data" if "resources" in route.form["properties"] else "application/x-www-form-urlencoded"
        )
        operation["requestBody"] = {"required": True, "content": {media: {"schema": route.form}}}
    elif route.takes is not None:
        operation["requestBody"] = {
            "required": not route.body_optional,
            "content": {"application/json": {"schema": {"$ref": names[route.takes]}}},
        }
    return operation


def _parameters(route: Route) -> list[dict[str, Any]]:
    keys = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[0-9]{1,19}$"}}
        for name in route.names
    ]
    return [*keys, *({"name": name, "in": "query", "schema": schema} for name, schema in route.query.items())]


def _responses(route: Route, names: dict[Any, str]) -> dict[str, Any]:
    problem = {"application/problem+json": {"schema": {"$ref": REFERENCE.format(name=_PROBLEM)}}}
    usual = (400, 503) if route.rule.public else (400, 401, 403, 429, 503)
    found: dict[str, Any] = {}
    if route.gives is None:
        found["204"] = {"description": "Done"}
    else:
        schema = {"$ref": names[route.gives]} if _is_body(route.gives) else {"type": "string"}
        found["200"] = {"description": "OK", "content": {route.media or "application/json": {"schema": schema}}}
    for status in sorted({*usual, *route.errors}):
        found[str(status)] = {"description": HTTPStatus(status).phrase, "content": problem}
    return found


def _security(route: Route) -> list[dict[str, list[str]]]:
    scopes = [str(route.rule.scope)] if route.rule.scope else []
    return [{"oauth": scopes}, {"basic": []}]


def _security_schemes() -> dict[str, Any]:
    flow = {"tokenUrl": "/oauth/token", "scopes": {str(scope): _SCOPES[scope] for scope in Scope}}
    return {
        "oauth": {"type": "oauth2", "flows": {"clientCredentials": flow}},
        "basic": {"type": "http", "scheme": "basic"},
    }


_SCOPES = {
    Scope.PROCESSES: "See definitions and, as far as the roles allow, instances",
    Scope.DEPLOY: "Publish",
    Scope.START: "Start instances",
    Scope.TASKS: "See, take and complete user tasks",
    Scope.JOBS: "Work on jobs",
    Scope.MESSAGES: "Send messages and signals",
    Scope.DECISIONS: "Ask decisions",
    Scope.OPERATE: "Cancel instances, write variables, resolve incidents",
    Scope.CARE: "Answer what goes to the care core; logged",
}


def _camel(name: str) -> str:
    return re.sub(r"_(\w)", lambda match: match[1].upper(), name)
