"""Look whether this installation can work, and say what is wrong."""

from __future__ import annotations

import shutil
import socket
import ssl
from collections.abc import Callable, Mapping
from datetime import timedelta
from urllib.parse import urlsplit

from app.cli.context import Context, Refused, say
from app.cli.preparing import demo_people_in_production
from app.cli.process_files import read_resources
from app.clock import TOLERATED_SKEW
from app.domain.errors import KykypolkuError
from app.engine.feel import evaluate_one
from app.storage.row_security import is_bypassed
from app.storage.schema import current_revision, newest_revision

LEAST_FREE_BYTES = 1024**3
ANSWER_WITHIN = 3.0


def doctor(context: Context) -> None:
    """
    Look at everything that this installation needs, a line each.

    :raises Refused: something is wrong
    """
    checks: Mapping[str, Callable[[Context], str]] = {
        "database": _database,
        "clock": _clock,
        "row security": _row_security,
        "people": demo_people_in_production,
        "broker": _broker,
        "expressions": _expressions,
        "processes": _processes,
        "disk": _disk,
    }
    wrong = 0
    for name, check in checks.items():
        try:
            trouble = check(context)
        except (Refused, KykypolkuError, OSError) as error:
            trouble = str(error)
        wrong += bool(trouble)
        say(f"{name}: {trouble or 'in order'}")
    if wrong:
        raise Refused(f"{wrong} of {len(checks)} checks failed")


def _database(context: Context) -> str:
    database = context.executor.database
    found, wanted = current_revision(database), newest_revision()
    return "" if found == wanted else f"is at revision {found}, this build needs {wanted}: kykypolku migrate-db"


def _clock(context: Context) -> str:
    """Compare this machine's clock with the database's, by which leases and timers go."""
    if not context.clock.look():
        return "the database's clock cannot be read"
    ahead = context.clock.skew()
    if abs(ahead) <= TOLERATED_SKEW:
        return ""
    seconds = abs(round(ahead.total_seconds()))
    return f"this machine's clock is {seconds} s {'ahead of' if ahead > timedelta(0) else 'behind'} the database's"


def _row_security(context: Context) -> str:
    """Look whether the database's own wall around client data binds the role that the product connects as."""
    if not context.executor.read(lambda uow: is_bypassed(uow.connection)):
        return ""
    return "the database role is a superuser or has BYPASSRLS, so row-level security does not hold"


def _broker(context: Context) -> str:
    """Ask the broker for a sign of life; a password that is wrong shows here too."""
    address = urlsplit(context.settings.valkey_url)
    if not context.settings.valkey_url:
        return "" if not context.settings.production else "KYKYPOLKU_VALKEY_URL is missing"
    if address.scheme == "redis+socket":
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(ANSWER_WITHIN)
        connection.connect(address.path)
    else:
        host = address.hostname or "localhost"
        connection = socket.create_connection((host, address.port or 6379), timeout=ANSWER_WITHIN)
        if address.scheme == "rediss":
            connection = ssl.create_default_context().wrap_socket(connection, server_hostname=host)
    with connection:
        credentials = " ".join(part for part in (address.username, address.password) if part)
        connection.sendall((f"AUTH {credentials}\r\n" if credentials else "").encode() + b"PING\r\n")
        answer = b""
        while b"PONG" not in answer and b"-" not in answer and len(answer) < 1000:
            answer += connection.recv(200) or b"-no answer"
    return "" if b"PONG" in answer else "refuses our password"


def _expressions(context: Context) -> str:
    """Evaluate the day after today in the embedded V8, as every process does."""
    tomorrow = evaluate_one('today() + duration("P1D") > today()', {}, now=context.now + timedelta(0))
    return "" if tomorrow is True else "FEEL gives wrong answers"


def _processes(context: Context) -> str:
    folder = context.settings.processes_folder
    return "" if read_resources([folder]) else f"{folder} holds no process"


def _disk(context: Context) -> str:
    folder = context.settings.data_folder
    free = shutil.disk_usage(folder if folder.exists() else folder.parent).free
    return "" if free > LEAST_FREE_BYTES else f"{free // 1024**2} MB are free where {folder} is"
