"""The sample pages of the browser tests give their templates all that these print."""

from __future__ import annotations

import pytest

from app.settings import Settings
from app.storage.database import Database
from tests.e2e.samples.app import add_samples, make_app
from tests.e2e.samples.pages import NOW, PAGES
from tests.people import add_people
from tests.web import Visitor


@pytest.fixture(scope="module")
def visitor(sqlite_template, tmp_path_factory):
    folder = tmp_path_factory.mktemp("samples")
    (folder / "site.db").write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite:///{folder / 'site.db'}")
    add_people(database)
    app = make_app(database, Settings.load({}, data_folder=folder, public_url="http://localhost"), clock=lambda: NOW)
    add_samples(app)
    visitor = Visitor(app)
    assert visitor.sign_in("pekka").status_code == 303
    yield visitor
    database.close()


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_sample_page_is_whole(visitor, name):
    assert visitor.get(f"/samples/{name}").status_code == 200
