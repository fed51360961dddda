"""
Logs: one structlog set-up for every process, people's terminal or JSON lines.

Static event names with fields; identifiers, never objects. Whatever is written, by us or by a library, passes the same
scrubber: no personal identity code, no control character that could forge a line or a terminal, no endless text.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

#: ddmmyy, the sign of the century (with those added in 2023), individual number and check character
IDENTITY_CODE = re.compile(r"(?<!\d)[0-3]\d[01]\d\d{2}[-+A-FU-Y]\d{3}[0-9A-FHJ-NPR-Y](?![0-9A-Za-z])", re.IGNORECASE)
HIDDEN = "[identity code]"
#: C0, DEL, C1, line and paragraph separators, and the characters that turn the direction of text
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")
LONGEST_TEXT = 4000
DEEPEST = 6


def scrubbed(value: Any, depth: int = 0) -> Any:
    """Return the value as it may be logged: JSON types, texts clean, whatever else by its type's name."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, (str, bytes)):
        return clean_text(value if isinstance(value, str) else value.decode("utf-8", "replace"))
    if depth >= DEEPEST:
        return "[deep]"
    if isinstance(value, Mapping):
        return {clean_text(str(key)): scrubbed(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [scrubbed(item, depth + 1) for item in value]
    return clean_text(str(value))


def clean_text(text: str) -> str:
    """Return the text without identity codes, with control characters written as escapes, cut at 4,000 characters."""
    if len(text) > LONGEST_TEXT:
        text = f"{text[:LONGEST_TEXT]}... ({len(text)} characters)"
    text = IDENTITY_CODE.sub(HIDDEN, text)
    return _CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _scrub(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Clean every field of a log line; the last step before it is written."""
    return {key: value if key.startswith("_") else scrubbed(value) for key, value in event.items()}


def _trace_as_text(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """
    Keep where an error happened, not what it said.

    Messages of libraries may quote the values that they were given, so only the classes and places are written.
    """
    info = event.pop("exc_info", None)
    error = sys.exc_info()[1] if info is True else info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        places = []
        trace = error.__traceback__
        while trace is not None:
            code = trace.tb_frame.f_code
            places.append(f"{code.co_filename}:{trace.tb_lineno} {code.co_name}")
            trace = trace.tb_next
        event["error"] = type(error).__name__
        event["places"] = places[-25:]
    return event


def configure_logs(*, style: str = "console", level: str = "INFO") -> None:
    """
    Set up logging of this process: `style` is "console" or "json", lines go to standard error.

    :raises ValueError: the level is unknown
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _trace_as_text,
    ]
    last: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if style == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _scrub, last],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # SpiffWorkflow builds a record for every state change, even when nobody reads it
    logging.getLogger("spiff").setLevel(logging.WARNING)
    for chatty in ("kombu", "celery", "httpx", "httpcore", "alembic", "amqp"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
