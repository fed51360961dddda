"""Journeys: an office for each file, its people at their browsers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.e2e.journeys.office import Office


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The whole installation behind a live server, without cases."""
    office = Office(tmp_path_factory.mktemp("office"))
    yield office
    office.close()


@pytest.fixture
def desk(office: Office, open_context: Callable[..., BrowserContext]) -> Callable[..., Page]:
    """Seat the person of a role at a browser of their own."""

    def seat(role: str, **options: object) -> Page:
        return office.sign_in(open_context(**options).new_page(), role)

    return seat
