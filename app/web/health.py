"""What a container's health check asks: does the process live, can it serve people. Says nothing about anybody."""

from __future__ import annotations

from flask import Blueprint, Response

from app.storage.unit_of_work import UnitOfWork
from app.web.access import public
from app.web.shell import executor

blueprint = Blueprint("health", __name__, url_prefix="/health")


def _look(uow: UnitOfWork) -> None:
    uow.incidents.count_open()


@blueprint.get("/live")
@public
def live() -> Response:
    """Answer as long as the process can."""
    return _said("live")


@blueprint.get("/ready")
@public
def ready() -> Response:
    """Answer once the database answers; a database that is away gives 503 as on every page."""
    executor().read(_look)
    return _said("ready")


def _said(word: str) -> Response:
    response = Response(word + "\n", mimetype="text/plain")
    response.headers["Cache-Control"] = "no-store"
    return response
