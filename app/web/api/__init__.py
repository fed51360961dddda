"""
The door for programs: JSON under /v2 in the shape of Camunda 8's REST API, tokens under /oauth.

No cookie is ever looked at here, so there is nothing to forge across sites and no CSRF token.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec
from flask import Flask, Response

from app.web.api import (
    ad_hoc,
    cluster,
    conditionals,
    decisions,
    deployments,
    elements,
    incidents,
    jobs,
    messages,
    oauth,
    process_definitions,
    process_instances,
    routing,
    rules,
    user_tasks,
)
from app.web.api.openapi import document
from app.web.api.routing import Call, Route


def show_document(_call: Call) -> Response:
    """Show the OpenAPI document."""
    return Response(_document(), mimetype="application/json")


@cache
def _document() -> bytes:
    return msgspec.json.encode(openapi_document())


ROUTES: tuple[Route, ...] = (
    *oauth.ROUTES,
    *cluster.ROUTES,
    *deployments.ROUTES,
    *process_definitions.ROUTES,
    *process_instances.ROUTES,
    *elements.ROUTES,
    *ad_hoc.ROUTES,
    *conditionals.ROUTES,
    *user_tasks.ROUTES,
    *jobs.ROUTES,
    *messages.ROUTES,
    *incidents.ROUTES,
    *decisions.ROUTES,
    Route(
        method="GET",
        path="/v2/openapi.json",
        operation="get_openapi",
        summary="This document",
        rule=rules.PUBLIC,
        view=show_document,
        gives=str,
        media="application/json",
    ),
)


def openapi_document() -> dict[str, Any]:
    """Return the OpenAPI document of all routes."""
    return document(ROUTES)


def install(app: Flask) -> None:
    """Serve the API."""
    routing.install(app, ROUTES)
