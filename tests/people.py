"""Invented people and organisations for tests of the web: who they are, where they work, how they sign in."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import insert

from app.domain.passwords import hash_password
from app.storage.database import Database
from app.storage.tables import people

PASSWORD = "correct horse battery"
NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)

ORGANISATIONS = [
    {
        "id": "org_sote",
        "type": "o_sote_keskus",
        "name": {"fi": "Sote-keskus", "sv": "Social- och hälsocentralen", "en": "Health centre"},
    },
    {
        "id": "org_county",
        "type": "o_hyvinvointialue",
        "name": {"fi": "Hyvinvointialue", "sv": "Välfärdsområdet", "en": "County"},
    },
]
UNITS = [
    {
        "id": "unit_booking",
        "organisation_id": "org_sote",
        "area_id": "area_ks",
        "name": {"fi": "Ajanvaraus", "sv": "Tidsbokningen", "en": "Booking"},
        "sort_key": "1",
    },
    {
        "id": "unit_guidance",
        "organisation_id": "org_sote",
        "area_id": "area_ks",
        "name": {"fi": "Alkupalvelu", "sv": "Inledande service", "en": "Initial service"},
        "sort_key": "2",
    },
    {
        "id": "unit_admin",
        "organisation_id": "org_county",
        "area_id": "",
        "name": {"fi": "Järjestelmän ylläpito", "sv": "Systemadministration", "en": "Administration"},
        "sort_key": "3",
    },
]
ROLES = [
    {"id": "r_ajanvaraaja", "name": {"fi": "ajanvaraaja", "sv": "tidsbokare", "en": "booking nurse"}},
    {"id": "r_palveluohjaaja", "name": {"fi": "palveluohjaaja", "sv": "servicehandledare", "en": "service guide"}},
    {"id": "r_yllapitaja", "name": {"fi": "järjestelmän pääkäyttäjä", "sv": "huvudanvändare", "en": "administrator"}},
]
#: user name -> key, name, positions as (role, unit)
PEOPLE = {
    "aila": (101, "Aila Ajanvaraaja", [("r_ajanvaraaja", "unit_booking"), ("r_palveluohjaaja", "unit_guidance")]),
    "pekka": (102, "Pekka Pääkäyttäjä", [("r_yllapitaja", "unit_admin")]),
    "outi": (103, "Outi Ohjaaja", [("r_palveluohjaaja", "unit_guidance")]),
}

_hashes: list[str] = []


def password_hash() -> str:
    """Return the hash of everybody's password, made once, because it takes a while."""
    if not _hashes:
        _hashes.append(hash_password(PASSWORD))
    return _hashes[0]


def add_people(database: Database) -> None:
    """Insert the organisations, units, roles and people."""
    with database.engine.begin() as connection:
        connection.execute(insert(people.organisation), ORGANISATIONS)
        connection.execute(insert(people.unit), UNITS)
        connection.execute(insert(people.role), [{**role, "permissions": []} for role in ROLES])
        for username, (key, name, positions) in PEOPLE.items():
            connection.execute(
                insert(people.user_account).values(
                    key=key,
                    username=username,
                    name=name,
                    sort_key=username,
                    password_hash=password_hash(),
                    settings={},
                    demo=True,
                    created_at=NOW,
                )
            )
            connection.execute(
                insert(people.position),
                [{"user_key": key, "role_id": role, "unit_id": unit} for role, unit in positions],
            )
