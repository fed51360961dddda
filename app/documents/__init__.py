"""Printed documents: Typst templates to tagged PDF."""
