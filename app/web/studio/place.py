"""The blueprint of the studio, and the addresses of its pages."""

from __future__ import annotations

from flask import Blueprint, abort

from app.domain.models import ModelKind

blueprint = Blueprint("studio", __name__)
PATH = "/studio"

_PLACES = {ModelKind.DIAGRAM: "processes", ModelKind.DECISION: "tables", ModelKind.FORM: "forms"}


def kind_of(text: str) -> ModelKind:
    """Return the kind in an address; anything else is an address that does not exist."""
    try:
        return ModelKind(text)
    except ValueError:
        abort(404)


def editor_address(kind: ModelKind, model_id: str) -> str:
    """Return where the model is edited."""
    base = f"{PATH}/{_PLACES[kind]}/{model_id}"
    return f"{base}/edit" if kind is ModelKind.DIAGRAM else base


def process_address(process_id: str) -> str:
    """Return the page of a process."""
    return f"{PATH}/processes/{process_id}"


def draft_address(kind: ModelKind, model_id: str) -> str:
    """Return where drafts of the model are saved."""
    return f"{PATH}/drafts/{kind.value}/{model_id}"
