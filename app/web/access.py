"""Who may see a page at all: somebody signed in, unless the view says that it is public."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from flask import current_app

from app.domain.actor import Actor
from app.domain.client_sessions import ClientSession
from app.domain.errors import NotAllowed
from app.domain.sessions import SignedIn
from app.web.sessions import current_client, current_session

P = ParamSpec("P")
R = TypeVar("R")

_PUBLIC = "kykypolku_public"


def public(view: Callable[P, R]) -> Callable[P, R]:
    """Mark a view that needs nobody signed in."""
    setattr(view, _PUBLIC, True)
    return view


def is_public(endpoint: str | None) -> bool:
    """Tell whether the endpoint needs nobody signed in; addresses that do not exist are answered to everybody."""
    return endpoint is None or bool(getattr(current_app.view_functions.get(endpoint), _PUBLIC, False))


def signed_in() -> SignedIn:
    """
    Return who is signed in.

    :raises NotAllowed: nobody is (a public view asked)
    """
    session = current_session()
    if session is None:
        raise NotAllowed("sign_in_needed")
    return session


def client_session() -> ClientSession:
    """
    Return the client, or who acts for them, behind this request.

    :raises NotAllowed: nobody has come in by the door of clients
    """
    session = current_client()
    if session is None:
        raise NotAllowed("sign_in_needed")
    return session


def current_actor() -> Actor:
    """Return the person behind this request: in the unit and roles they work in now, or a client at their own door."""
    client = current_client()
    return signed_in().actor if client is None else client.actor
