"""The place itself, and what its pages share."""

from __future__ import annotations

from flask import Blueprint

from app.web.language import texts

blueprint = Blueprint("monitor", __name__)
PATH = "/monitor"


def code_text(code: str) -> str:
    """Return what an incident of the code says."""
    say = texts()
    key = f"incidents.{code}"
    return say(key) if key in say else say("incidents.other", code=code)


def advice(code: str) -> str:
    """Return what an administrator can do about an incident of the code, "" where trying again is all there is."""
    say = texts()
    key = f"incidents.advice.{code}"
    return say(key) if key in say else ""
