"""Name a list of the worklist, share it with a role, begin with it, forget it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from app.domain.actor import Actor
from app.domain.errors import InvalidInput, NotAllowed, NotFound, Problem
from app.storage.unit_of_work import UnitOfWork
from app.storage.work_views import WorkView

LONGEST_NAME = 60
#: more than anybody finds again
MOST_VIEWS = 50


def save_view(
    uow: UnitOfWork,
    *,
    name: str,
    fields: Mapping[str, str],
    group_id: str,
    begin_with_it: bool,
    actor: Actor,
    now: datetime,
) -> int:
    """
    Keep the fields of a list's address under the name, over the actor's view of that name; return its key.

    `group_id`: one of the actor's roles, whose people see the view too; "" keeps it to the actor.

    :raises InvalidInput: no name, too long a name, too many views
    :raises NotAllowed: not a role of the actor's
    """
    owner = _person(actor)
    called = " ".join(name.split())
    if not called:
        raise InvalidInput([Problem("view_without_name", place="name")])
    if len(called) > LONGEST_NAME or "\x00" in called:
        raise InvalidInput([Problem("view_name_long", place="name", values={"most": LONGEST_NAME})])
    if group_id and group_id not in actor.roles:
        raise NotAllowed("share_view")
    if uow.work_views.count(owner, besides=called) >= MOST_VIEWS:
        raise InvalidInput([Problem("views_many", place="name", values={"most": MOST_VIEWS})])
    key = uow.work_views.put(owner_key=owner, name=called, fields=fields, group_id=group_id, now=now)
    if begin_with_it:
        uow.work_views.begin_with(owner, key)
    return key


def begin_with_view(uow: UnitOfWork, *, view_key: int | None, actor: Actor) -> None:
    """
    Let the actor's worklist begin with the view; None: with their own tasks.

    :raises NotFound: there is no such view for this person
    """
    person = _person(actor)
    if view_key is not None:
        _locked(uow, view_key, actor)
    uow.work_views.begin_with(person, view_key)


def remove_view(uow: UnitOfWork, *, view_key: int, actor: Actor) -> str:
    """
    Forget the actor's own view, also for those it is shared with; return its name.

    :raises NotFound: they have no such view
    """
    view = _locked(uow, view_key, actor)
    if view.owner_key != actor.user_key:
        raise NotFound("work view", view_key)
    uow.work_views.remove(view_key)
    return view.name


def _locked(uow: UnitOfWork, key: int, actor: Actor) -> WorkView:
    # locked before it is read: whoever removes it waits, or it is gone
    found = uow.work_views.lock(key)
    views = {view.key: view for view in uow.work_views.of(_person(actor), actor.roles)}
    if not found or key not in views:
        raise NotFound("work view", key)
    return views[key]


def _person(actor: Actor) -> int:
    if actor.user_key is None or actor.client_key is not None:
        raise NotAllowed("worklist")
    return actor.user_key
