"""Secrets of an installation as they are written in settings; the demo makes its own."""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import os
import secrets
from pathlib import Path

SECRET_FIELDS = ("session_key", "data_key", "index_key", "audit_key")
#: secrets that the demo makes begin with this, so that production knows them
DEMO_MARK = "demo-"
SECRET_BYTES = 32


def decode_secret(text: str) -> bytes:
    """
    Return the bytes of a secret written in base64 (URL-safe or not), with or without the demo's mark.

    :raises ValueError: not base64, or fewer than 32 bytes
    """
    plain = text.removeprefix(DEMO_MARK).strip().replace("-", "+").replace("_", "/")
    try:
        value = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except binascii.Error:
        raise ValueError("is not base64") from None
    if len(value) < SECRET_BYTES:
        raise ValueError(f"has {len(value)} bytes, needs at least {SECRET_BYTES}")
    return value


def split_list(text: str) -> list[str]:
    """Return the parts of a comma-separated setting."""
    return [part.strip() for part in text.split(",") if part.strip()]


def new_secret() -> str:
    """Return a new random secret as it is written in a variable."""
    return base64.urlsafe_b64encode(secrets.token_bytes(SECRET_BYTES)).decode().rstrip("=")


def demo_secrets(data_folder: Path) -> dict[str, str]:
    """Return the demo's secrets, made once and kept in the data folder, readable by its owner only."""
    data_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = data_folder / "demo-secrets.json"
    if not path.exists():
        made = {name: DEMO_MARK + new_secret() for name in SECRET_FIELDS}
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(made), encoding="utf-8")
        # linking is atomic and never replaces: of two processes that start together the first one's secrets stand
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(draft)
        draft.unlink()
    return dict(json.loads(path.read_text(encoding="utf-8")))
