"""The one office of this folder's tests, as it was first before each of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.security.doors.office import Office


@pytest.fixture(scope="session")
def made_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    office = Office(tmp_path_factory.mktemp("office"))
    yield office
    office.database.close()
    office.world.folder.cleanup()


@pytest.fixture
def office(made_office: Office) -> Office:
    made_office.put_back()
    return made_office
