"""The place of clients: its blueprint, and where things are."""

from __future__ import annotations

from flask import Blueprint

PATH = "/oma"
SIGN_IN = f"{PATH}/sign-in"
LINK = f"{PATH}/link"
STRONG = f"{PATH}/strong"
CONTACT = f"{PATH}/contact"
#: the pages of the menu, in their order: key and address
PAGES = (
    ("path", PATH),
    ("plan", f"{PATH}/plan"),
    ("documents", f"{PATH}/documents"),
    ("permissions", f"{PATH}/permissions"),
    ("decisions", f"{PATH}/decisions"),
    ("log", f"{PATH}/log"),
    ("rights", f"{PATH}/rights"),
)

blueprint = Blueprint("own", __name__)
