"""The views of the worklist that a person sees."""

from __future__ import annotations

from app.domain.actor import Actor
from app.storage.unit_of_work import UnitOfWork
from app.storage.work_views import WorkView


def views_of(uow: UnitOfWork, *, actor: Actor) -> list[WorkView]:
    """Return the actor's own views by name, then those that others share with the actor's roles."""
    return [] if actor.user_key is None else uow.work_views.of(actor.user_key, actor.roles)
