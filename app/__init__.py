"""Kykypolku: the application."""
