"""All tables, a module a room. Rows stay inside app.storage; repositories give values."""

from app.storage.tables import (
    care,
    clients_door,
    consultation,
    definitions,
    feedback,
    instances,
    meetings,
    models,
    people,
    rights,
    surveys,
    teamwork,
    work,
)
from app.storage.tables.base import metadata

__all__ = [
    "care",
    "clients_door",
    "consultation",
    "definitions",
    "feedback",
    "instances",
    "meetings",
    "metadata",
    "models",
    "people",
    "rights",
    "surveys",
    "teamwork",
    "work",
]
