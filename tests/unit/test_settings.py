"""Settings: read once, checked as a whole, and production assumes nothing."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from app.secret_keys import DEMO_MARK, SECRET_FIELDS, decode_secret, new_secret
from app.settings import Mode, Settings, SettingsRefused


def production(**changes: str) -> dict[str, str]:
    """Return an environment that production accepts, with the changes."""
    environment = {f"KYKYPOLKU_{name.upper()}": new_secret() for name in SECRET_FIELDS}
    environment |= {
        "KYKYPOLKU_MODE": "production",
        "KYKYPOLKU_DATABASE_URL": "postgresql+psycopg://kykypolku:secret@database/kykypolku",
        "KYKYPOLKU_VALKEY_URL": "redis://valkey:6379/0",
        "KYKYPOLKU_PUBLIC_URL": "https://polku.example.fi",
    }
    return environment | changes


def refused(environment: dict[str, str]) -> str:
    with pytest.raises(SettingsRefused) as caught:
        Settings.load(environment)
    return "\n".join(caught.value.problems)


def test_production_starts_when_everything_is_given() -> None:
    settings = Settings.load(production())
    assert settings.mode is Mode.PRODUCTION
    assert settings.secure_cookies


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"KYKYPOLKU_DEBUG": "1"}, "DEBUG must be off"),
        ({"KYKYPOLKU_DATABASE_URL": "sqlite:////var/lib/kykypolku.db"}, "must be PostgreSQL"),
        ({"KYKYPOLKU_DATABASE_URL": ""}, "DATABASE_URL must begin with"),
        ({"KYKYPOLKU_VALKEY_URL": ""}, "VALKEY_URL is missing"),
        ({"KYKYPOLKU_PUBLIC_URL": "http://polku.example.fi"}, "must begin with https://"),
        ({"KYKYPOLKU_SESSION_KEY": ""}, "SESSION_KEY is missing"),
        ({"KYKYPOLKU_SESSION_KEY": "c2hvcnQ"}, "SESSION_KEY has 5 bytes"),
        ({"KYKYPOLKU_SESSION_KEY": "not base 64 at all, with spaces!"}, "SESSION_KEY is not base64"),
        ({"KYKYPOLKU_DATA_KEY": DEMO_MARK + new_secret()}, "DATA_KEY was made for a demo"),
        ({"KYKYPOLKU_OLD_DATA_KEYS": "c2hvcnQ"}, "OLD_DATA_KEYS"),
        ({"KYKYPOLKU_DATBASE_URL": "x"}, "KYKYPOLKU_DATBASE_URL is not a setting"),
        ({"KYKYPOLKU_WEB_PORT": "eighty"}, "WEB_PORT has a value that cannot be read"),
        ({"KYKYPOLKU_WEB_PORT": "70000"}, "WEB_PORT must be from 1 to 65535"),
        ({"KYKYPOLKU_HEARTBEAT_SECONDS": "50"}, "at most half of"),
        ({"KYKYPOLKU_MODE": "staging"}, "MODE has a value that cannot be read"),
        ({"KYKYPOLKU_SESSION_KEY_FILE": "/nonexistent/key"}, "No such file"),
    ],
)
def test_production_refuses_what_is_unsafe_or_wrong(change: dict[str, str], reason: str) -> None:
    assert reason in refused(production(**change))


def test_one_secret_for_two_purposes_is_refused() -> None:
    secret = new_secret()
    change = {"KYKYPOLKU_SESSION_KEY": secret, "KYKYPOLKU_DATA_KEY": secret}
    assert "must differ" in refused(production(**change))


def test_everything_wrong_is_said_at_once() -> None:
    problems = refused({"KYKYPOLKU_MODE": "production"})
    # the audit's key is the scheduler's alone, which asks for it itself
    assert problems.count("is missing") == len(SECRET_FIELDS) - 1 + 1
    assert "DATABASE_URL" in problems
    assert "PUBLIC_URL" in problems


def test_a_secret_can_come_from_a_file(tmp_path: Path) -> None:
    secret = new_secret()
    path = tmp_path / "session-key"
    path.write_text(secret + "\n")
    environment = production(KYKYPOLKU_SESSION_KEY_FILE=str(path))
    del environment["KYKYPOLKU_SESSION_KEY"]
    assert Settings.load(environment).session_key == secret


def test_the_demo_makes_its_secrets_once_and_for_its_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    first = Settings.load({}, data_folder=folder)
    second = Settings.load({}, data_folder=folder)
    assert first == second
    assert first.database_url == f"sqlite:///{folder}/kykypolku.db"
    kept = folder / "demo-secrets.json"
    assert set(json.loads(kept.read_text())) == set(SECRET_FIELDS)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert all(getattr(first, name).startswith(DEMO_MARK) for name in SECRET_FIELDS)


def test_a_child_process_gets_the_same_settings(tmp_path: Path) -> None:
    settings = Settings.load({}, data_folder=tmp_path, web_port=9123, debug=True)
    assert Settings.load(settings.environment()) == settings


def test_no_secret_is_shown_when_settings_are_printed() -> None:
    settings = Settings.load(production(KYKYPOLKU_MAIL_PASSWORD="hunter2"))
    shown = repr(settings)
    assert "hunter2" not in shown
    assert all(getattr(settings, name) not in shown for name in SECRET_FIELDS)


def test_keys_are_read_with_and_without_padding() -> None:
    secret = new_secret()
    assert decode_secret(secret) == decode_secret(secret + "=") == decode_secret(DEMO_MARK + secret)


def test_the_newest_data_key_comes_first() -> None:
    old = new_secret()
    settings = Settings.load(production(KYKYPOLKU_OLD_DATA_KEYS=f"{old}, {new_secret()}"))
    assert settings.data_keys()[0] == settings.key_bytes("data_key")
    assert settings.data_keys()[1] == decode_secret(old)
    assert len(settings.data_keys()) == 3
