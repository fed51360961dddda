"""Texts of data for a caller: Finnish, the language of the diagrams, unless the caller asks for another."""

from __future__ import annotations

from collections.abc import Mapping

from flask import request

from app.domain.localized import LANGUAGES, in_language


def said(text: Mapping[str, str], otherwise: str = "") -> str:
    """Return the text in the language that the caller asks for, else in Finnish."""
    language = request.accept_languages.best_match(LANGUAGES, default="fi") if request.accept_languages else "fi"
    return in_language(text, language or "fi") or otherwise
