"""
What an installation sets: read once at start from environment variables KYKYPOLKU_*, checked as a whole, then frozen.

A secret may also be in a file named by the same variable with `_FILE` behind it. In the demo mode missing secrets are
made once and kept in the data folder; production refuses whatever is missing, short, or made for a demo.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from app.secret_keys import DEMO_MARK, SECRET_FIELDS, decode_secret, demo_secrets, split_list

PREFIX = "KYKYPOLKU_"
FILE_SUFFIX = "_FILE"
PROJECT_FOLDER = Path(__file__).resolve().parent.parent


class SettingsRefused(Exception):
    """The settings cannot be used; `problems` says each thing that is wrong, naming the variable."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class Mode(StrEnum):
    """Demo: one machine, invented people, everything made by itself. Production: nothing is assumed."""

    DEMO = "demo"
    PRODUCTION = "production"


class MailSecurity(StrEnum):
    """How the connection to the mail server is protected."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that an installation decides. Each field is the variable KYKYPOLKU_<FIELD>."""

    mode: Mode = Mode.DEMO
    #: SQLite database, embedded Valkey, lock file and made secrets of the embedded default
    data_folder: Path = Path("data")
    #: where the process owners' folders are, published at the demo's start
    processes_folder: Path = PROJECT_FOLDER / "processes"
    #: SQLAlchemy address: sqlite:////path or postgresql+psycopg://user:password@host/name
    database_url: str = ""
    #: connections that one process keeps open to PostgreSQL
    database_pool_size: int = 5
    #: redis://, rediss:// or redis+socket://:password@/path; empty: the supervisor starts one and says where
    valkey_url: str = ""

    #: name of the wellbeing services county, shown beside the product's name
    county_name: str = ""
    #: #rrggbb, from which every colour of the pages is made; empty: the product's own
    county_accent: str = ""
    #: SVG or PNG file that is shown in place of the product's mark
    county_logo: str = ""

    #: address under which people reach the product; decides cookies, links in mails and the Origin check
    public_url: str = ""
    web_host: str = "127.0.0.1"
    web_port: int = 8000
    web_processes: int = 1
    web_threads: int = 8
    #: proxies whose X-Forwarded-* headers are believed, comma-separated addresses
    trusted_proxies: str = "127.0.0.1"
    debug: bool = False

    #: signs cookies, CSRF tokens and paging cursors
    session_key: str = field(default="", repr=False)
    #: encrypts identities, drafts, files and documents
    data_key: str = field(default="", repr=False)
    #: keys that only open what was encrypted before a change of keys, newest first, comma-separated
    old_data_keys: str = field(default="", repr=False)
    #: blind indexes of identity codes and names
    index_key: str = field(default="", repr=False)
    #: seals the audit log; only the scheduler needs it, and nobody else should have it
    audit_key: str = field(default="", repr=False)

    #: empty: mails stay in the outbox, where the demo shows them
    mail_host: str = ""
    mail_port: int = 587
    mail_security: MailSecurity = MailSecurity.STARTTLS
    mail_user: str = ""
    mail_password: str = field(default="", repr=False)
    mail_from: str = "kykypolku@localhost"
    #: OpenID Connect provider of clients' strong sign-in, as its ID tokens name it; empty: a demo has its own test
    #: provider, production has links only
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = field(default="", repr=False)
    #: claim of the ID token that holds the personal identity code
    oidc_identity_claim: str = "urn:oid:1.2.246.21"
    #: levels of assurance of which the provider must reach one, with spaces; empty: whatever it does
    oidc_acr_values: str = ""
    #: hosts that the HTTP connector may call, comma-separated; none by default
    connector_hosts: str = ""

    worker_processes: int = 2
    #: seconds that a worker owns a job without a sign of life, and between two signs
    lease_seconds: float = 60.0
    heartbeat_seconds: float = 20.0
    #: seconds after which the pool ends a job's process
    job_time_limit: float = 300.0
    scheduler_interval: float = 1.0

    #: days that an ended session stays, to say so to who comes back; what was signed in and out is in the audit
    ended_session_days: int = 7
    #: days in which a form that is sent again is known as sent
    submission_days: int = 30
    #: days that a file waits for its form to be sent
    pending_upload_days: int = 30

    log_format: str = "console"
    log_level: str = "INFO"

    @staticmethod
    def load(environment: Mapping[str, str] | None = None, **changes: Any) -> Settings:
        """
        Return the settings of the environment (default: the process's own); `changes` win over it.

        :raises SettingsRefused: a value is wrong or missing; says all of it at once
        """
        given = os.environ if environment is None else environment
        problems: list[str] = []
        values = _read(given, problems)
        values.update(changes)
        if problems:
            raise SettingsRefused(problems)
        settings = _completed(Settings(**values))
        problems = settings.problems()
        if problems:
            raise SettingsRefused(problems)
        return settings

    @property
    def production(self) -> bool:
        """Whether nothing may be assumed."""
        return self.mode is Mode.PRODUCTION

    @property
    def secure_cookies(self) -> bool:
        """Whether cookies travel on TLS only."""
        return urlsplit(self.public_url).scheme == "https"

    @property
    def uses_sqlite(self) -> bool:
        """Whether the database is a file of this machine."""
        return self.database_url.startswith("sqlite")

    def key_bytes(self, name: str) -> bytes:
        """Return the bytes of the secret field `name`, e.g. "data_key"."""
        return decode_secret(getattr(self, name))

    def data_keys(self) -> list[bytes]:
        """Return the keys of encrypted values, the one that encrypts first."""
        return [self.key_bytes("data_key"), *(decode_secret(text) for text in split_list(self.old_data_keys))]

    def environment(self) -> dict[str, str]:
        """Return the variables that give a child process the same settings."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        return {PREFIX + name.upper(): _written(value) for name, value in values.items() if value != ""}

    def problems(self) -> list[str]:
        """Return what keeps these settings from being used, empty where nothing does."""
        problems = [*self._wrong_numbers(), *self._wrong_secrets(), *self._wrong_words()]
        if self.production:
            problems += self._unfit_for_production()
        return problems

    def _wrong_numbers(self) -> list[str]:
        limits: dict[str, tuple[float, float]] = {
            "web_port": (1, 65535),
            "mail_port": (1, 65535),
            "web_processes": (1, 64),
            "web_threads": (1, 256),
            "worker_processes": (1, 64),
            "database_pool_size": (1, 200),
            "lease_seconds": (0.5, 3600),
            "heartbeat_seconds": (0.1, 1200),
            "job_time_limit": (1, 86400),
            "scheduler_interval": (0.05, 60),
            "ended_session_days": (1, 365),
            "submission_days": (1, 365),
            "pending_upload_days": (1, 365),
        }
        wrong = [
            f"{PREFIX}{name.upper()} must be from {low:g} to {high:g}"
            for name, (low, high) in limits.items()
            if not low <= getattr(self, name) <= high
        ]
        if self.heartbeat_seconds * 2 > self.lease_seconds:
            wrong.append(f"{PREFIX}HEARTBEAT_SECONDS must be at most half of {PREFIX}LEASE_SECONDS")
        return wrong

    def _wrong_secrets(self) -> list[str]:
        wrong = []
        for name in SECRET_FIELDS:
            try:
                self.key_bytes(name)
            except ValueError as error:
                value = getattr(self, name)
                if name == "audit_key" and not value:
                    continue
                wrong.append(f"{PREFIX}{name.upper()} {error if value else 'is missing'}")
        for text in split_list(self.old_data_keys):
            try:
                decode_secret(text)
            except ValueError as error:
                wrong.append(f"{PREFIX}OLD_DATA_KEYS: a key {error}")
        if self.log_format not in {"console", "json"}:
            wrong.append(f"{PREFIX}LOG_FORMAT must be console or json")
        if urlsplit(self.public_url).scheme not in {"http", "https"}:
            wrong.append(f"{PREFIX}PUBLIC_URL must begin with https:// or http://")
        return wrong

    def _wrong_words(self) -> list[str]:
        wrong = []
        if self.county_accent and not _COLOUR.fullmatch(self.county_accent):
            wrong.append(f"{PREFIX}COUNTY_ACCENT must be a colour of the form #rrggbb")
        if not self.database_url.startswith(("sqlite:///", "postgresql+psycopg://")):
            wrong.append(f"{PREFIX}DATABASE_URL must begin with postgresql+psycopg:// or sqlite:///")
        if bool(self.oidc_issuer) != bool(self.oidc_client_id and self.oidc_client_secret):
            wrong.append(f"{PREFIX}OIDC_ISSUER, {PREFIX}OIDC_CLIENT_ID and {PREFIX}OIDC_CLIENT_SECRET belong together")
        if self.oidc_issuer and urlsplit(self.oidc_issuer).scheme not in {"http", "https"}:
            wrong.append(f"{PREFIX}OIDC_ISSUER must begin with https:// or http://")
        if self.valkey_url and not self.valkey_url.startswith(("redis://", "rediss://", "redis+socket://")):
            wrong.append(f"{PREFIX}VALKEY_URL must begin with redis://, rediss:// or redis+socket://")
        return wrong

    def _unfit_for_production(self) -> list[str]:
        values = {name: getattr(self, name) for name in SECRET_FIELDS}
        wrong = [
            f"{PREFIX}{name.upper()} was made for a demo"
            for name, value in values.items()
            if value.startswith(DEMO_MARK)
        ]
        given = [value for value in values.values() if value]
        if len(set(given)) < len(given):
            wrong.append("the secrets must differ from each other")
        if self.debug:
            wrong.append(f"{PREFIX}DEBUG must be off in production")
        if self.uses_sqlite:
            wrong.append(f"{PREFIX}DATABASE_URL must be PostgreSQL in production; SQLite is for one machine")
        if not self.valkey_url:
            wrong.append(f"{PREFIX}VALKEY_URL is missing")
        if self.oidc_issuer and urlsplit(self.oidc_issuer).scheme != "https":
            wrong.append(f"{PREFIX}OIDC_ISSUER must begin with https:// in production")
        if not self.secure_cookies:
            wrong.append(f"{PREFIX}PUBLIC_URL must begin with https:// in production")
        return wrong


_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
#: fields whose value may be in a file named by <VARIABLE>_FILE
_FILE_FIELDS = frozenset(
    {*SECRET_FIELDS, "old_data_keys", "mail_password", "oidc_client_secret", "database_url", "valkey_url"}
)


def _boolean(text: str) -> bool:
    known = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    return known[text.strip().lower()]


def _parsers() -> dict[str, Callable[[str], Any]]:
    """Return how each field is read, by the type of its default."""
    defaults = {item.name: item.default for item in fields(Settings)}
    return {name: _boolean if isinstance(value, bool) else type(value) for name, value in defaults.items()}


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _read(given: Mapping[str, str], problems: list[str]) -> dict[str, Any]:
    """Return the fields that the environment sets; an unknown variable of ours is a problem: it hides a mistake."""
    parsers = _parsers()
    values: dict[str, Any] = {}
    for variable, text in given.items():
        if not variable.startswith(PREFIX) or variable in _FOR_TESTS:
            continue
        name = variable.removeprefix(PREFIX).lower()
        from_file = name.endswith(FILE_SUFFIX.lower()) and name.removesuffix(FILE_SUFFIX.lower()) in _FILE_FIELDS
        name = name.removesuffix(FILE_SUFFIX.lower()) if from_file else name
        if name not in parsers:
            problems.append(f"{variable} is not a setting")
            continue
        try:
            values[name] = parsers[name](Path(text).read_text(encoding="utf-8").strip() if from_file else text)
        except OSError as error:
            problems.append(f"{variable}: {error.strerror}: {text}")
        except (ValueError, KeyError):
            problems.append(f"{variable} has a value that cannot be read")
    return values


#: variables with our prefix that only the test suite reads
_FOR_TESTS = frozenset({"KYKYPOLKU_BROWSER"})


def _completed(settings: Settings) -> Settings:
    """Return the settings with what follows from others; in the demo also with secrets from the data folder."""
    folder = settings.data_folder.absolute()
    changes: dict[str, Any] = {"data_folder": folder}
    if not settings.public_url and not settings.production:
        changes["public_url"] = f"http://{settings.web_host}:{settings.web_port}"
    if not settings.database_url and not settings.production:
        changes["database_url"] = f"sqlite:///{folder / 'kykypolku.db'}"
    if not settings.production:
        missing = [name for name in SECRET_FIELDS if not getattr(settings, name)]
        if missing:
            made = demo_secrets(folder)
            changes.update({name: made[name] for name in missing})
    values = {item.name: getattr(settings, item.name) for item in fields(settings)}
    return Settings(**{**values, **changes})
