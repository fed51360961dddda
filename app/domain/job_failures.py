"""
How work of a service task can end other than well. Connectors and local commands raise these, the worker acts on them.

JobFailure
├── TransientFailure   trying again later may help
├── PermanentFailure   trying again cannot help: an incident at once
├── Ambiguous          it may have had its effect: never repeated without a person's decision
└── BusinessError      the diagram says what happens then (BPMN error)
"""

from __future__ import annotations

from datetime import timedelta

from app.domain.errors import KykypolkuError


class JobFailure(KykypolkuError):
    """Base. `code` is a key of the locale area `incidents`; `message` holds no client data."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(f"{code}: {message}" if message else code)
        self.code = code
        self.message = message


class TransientFailure(JobFailure):
    """Trying again later may help; `retry_after` is what the outside system asked for."""

    def __init__(self, code: str, message: str = "", *, retry_after: timedelta | None = None) -> None:
        super().__init__(code, message)
        self.retry_after = retry_after


class PermanentFailure(JobFailure):
    """Trying again cannot help."""


class Ambiguous(JobFailure):
    """The outside call may have had its effect."""


class BusinessError(JobFailure):
    """A BPMN error: `code` is the error code that the diagram catches."""
