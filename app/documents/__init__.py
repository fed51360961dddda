"""Printed documents: Typst templates to tagged PDF."""

from app.documents.rendering import Document, Template, render

__all__ = ["Document", "Template", "render"]
