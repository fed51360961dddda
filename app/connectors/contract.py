"""
What a worker and a connector say to each other.

A connector does one thing outside and is called without any transaction open. It may be called again for the same job
(after a crash, a lost lease, a retry), each time with the same idempotency key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from app.domain.errors import KykypolkuError


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """
    One piece of work for a connector.

    `idempotency_key` is the job's key, the same at every attempt. `request` is what the job's preparation read from
    the database for it (a letter with its recipient), never kept in the job. `interrupted`: the worker of the last
    attempt died or was cut off, so the call may have been made; a connector for which twice would be wrong raises
    MaybeDone then, and a person decides.
    """

    idempotency_key: str
    type: str
    attempt: int
    now: datetime
    headers: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)
    request: Any = None
    interrupted: bool = False


class Connector(Protocol):
    """A system outside. `idempotent`: calling twice with one key has one effect, so an unclear end may be repeated."""

    idempotent: bool

    def __call__(self, call: Call) -> Mapping[str, Any]:
        """
        Do the work and return the result variables.

        :raises TryAgain: nothing was done, later may be better
        :raises GivenUp: trying again cannot help
        :raises MaybeDone: it is not known whether it was done
        :raises BusinessError: the process has to go another way
        """


class ConnectorFailed(KykypolkuError):
    """
    A connector could not do its work.

    `code` is a key of the locale area `incidents`; `detail` is for operators and holds no client data.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


class TryAgain(ConnectorFailed):
    """Nothing was done and later may be better; `after` is what the other side asked for."""

    def __init__(self, code: str, detail: str = "", *, after: timedelta | None = None) -> None:
        super().__init__(code, detail)
        self.after = after


class GivenUp(ConnectorFailed):
    """Trying again cannot help: the request is wrong, refused, or the answer is rubbish."""


class MaybeDone(ConnectorFailed):
    """The request was sent and no answer came: it may have had its effect."""


class BusinessError(ConnectorFailed):
    """The process has to go another way: `code` is the BPMN error code, `variables` go with it."""

    def __init__(self, code: str, detail: str = "", *, variables: Mapping[str, Any] | None = None) -> None:
        super().__init__(code, detail)
        self.variables = dict(variables or {})
