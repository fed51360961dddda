"""
The second wall around client data, in PostgreSQL itself: rows are admitted by organisation and grant, whoever asks.

The policies (migration 0004) admit every row to the system: connections of the product say that they are it, others see
nothing. A page that is about to show client data lets the wall down for its reading first: from there on only the rows
of the viewer's own organisation, and those of a case and data group for which it has a live grant, are there at all;
for a client only those of their own cases (migration 0018).
The decision itself is app.domain.access; the wall stands where a query forgets to ask it. SQLite has no such wall.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection, text

from app.domain.actor import Actor

#: what a connection of the product says when it opens
SYSTEM_OPTION = "-c app.system=on"
_SET = text(
    "SELECT set_config('app.system', 'off', true), set_config('app.organisation', :organisation, true),"
    " set_config('app.person', :person, true), set_config('app.moment', :moment, true),"
    " set_config('app.client', :client, true), set_config('app.cases', :cases, true),"
    " set_config('app.groups', :groups, true)"
)
_TAKE_BACK = text("SELECT set_config('app.system', 'on', true)")


@contextmanager
def seen_by(connection: Connection, actor: Actor, *, now: datetime) -> Iterator[None]:
    """
    Let the block read only the rows that the actor's organisation may see now; writing waits until it is over.

    A client has no organisation and sees the rows of their own cases, a representative those of the mandate's groups.
    """
    if connection.dialect.name == "sqlite":
        yield
        return
    values = {
        "organisation": actor.organisation_id,
        "person": str(actor.user_key or ""),
        "moment": now.isoformat(),
        "client": str(actor.client_key or ""),
        "cases": ",".join(str(key) for key in sorted(actor.case_keys)),
        "groups": "*" if actor.mandate is None else ",".join(sorted(actor.mandate)),
    }
    connection.execute(_SET, values)
    yield
    # after a failure there is nothing to take back: the transaction is over, and the setting with it
    connection.execute(_TAKE_BACK)


def is_bypassed(connection: Connection) -> bool:
    """Tell whether the role of the connection walks through the wall; SQLite has none to walk through."""
    if connection.dialect.name == "sqlite":
        return False
    asked = text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
    return bool(connection.scalar(asked))
