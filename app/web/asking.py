"""How views ask: the actor of the request, the executor, the clock; keys and texts from addresses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import urlencode

from flask import abort, request

from app.domain.errors import Concealed, NotAllowed
from app.domain.keys import parse_key
from app.engine.forms import Upload
from app.queries.access import log_refusal
from app.storage.unit_of_work import UnitOfWork
from app.web.access import current_actor
from app.web.shell import executor, now

P = ParamSpec("P")
R = TypeVar("R")


def run(command: Callable[Concatenate[UnitOfWork, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
    """
    Run the command, or the query that logs what it shows, in one transaction.

    What is refused is logged as a refused attempt in a transaction of its own, because the refusal undid the first.
    """
    door: Callable[..., R] = executor().run
    return _logged(door, command, *args, **kwargs)


def read(query: Callable[Concatenate[UnitOfWork, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run the query, which shows no client data, in a transaction that writes nothing; refusals are logged as well."""
    door: Callable[..., R] = executor().read
    return _logged(door, query, *args, **kwargs)


def _logged(door: Callable[..., R], work: Callable[..., R], *args: Any, **kwargs: Any) -> R:
    try:
        return door(work, *args, **kwargs)
    except NotAllowed as error:
        log_attempt(error.reason)
        raise
    except Concealed as error:
        log_attempt(f"concealed: {error.kind}", case_key=error.case_key)
        raise


def log_attempt(reason: str, *, case_key: int | None = None) -> None:
    """Write that the person asked for what they may not have; the address says what for, it holds no client data."""
    executor().run(
        log_refusal,
        actor=current_actor(),
        purpose=f"{request.method} {request.path}",
        reason=reason,
        case_key=case_key,
        now=now(),
    )


def key_of(text: str) -> int:
    """Return the key in an address; anything else is an address that does not exist."""
    key = parse_key(text)
    if key is None:
        abort(404)
    return key


def fields_sent() -> dict[str, Sequence[str | Upload]]:
    """Return the fields of the request's form with all their values, files among them."""
    fields: dict[str, list[str | Upload]] = {name: list(values) for name, values in request.form.lists()}
    for name, files in request.files.lists():
        uploads: list[str | Upload] = [Upload(file.filename or "", file.read()) for file in files if file.filename]
        if uploads:
            fields.setdefault(name, []).extend(uploads)
    return {name: tuple(values) for name, values in fields.items()}


def texts_only(fields: Mapping[str, Sequence[str | Upload]]) -> dict[str, list[str]]:
    """Return the fields without files."""
    return {name: [value for value in values if isinstance(value, str)] for name, values in fields.items()}


def address(path: str, **values: Any) -> str:
    """Return the path with those of the values that say something, in their order."""
    query = urlencode({name: value for name, value in values.items() if value not in (None, "", False)})
    return f"{path}?{query}" if query else path
