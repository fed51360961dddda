"""The web application with the sample pages added; `python -m tests.e2e.samples.app` shows them on port 8099."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from flask import Blueprint, Flask, Response, jsonify, render_template

from app.clock import clock_of_the_machine
from app.executor import Executor
from app.settings import Settings
from app.storage.database import Database
from app.storage.encryption import Cipher
from app.storage.tables import metadata
from app.web import create_app
from app.web.security import allow_diagram
from tests.e2e.samples.pages import NOW, PAGES, WITH_DIAGRAM
from tests.people import add_people

DIAGRAM = Path(__file__).parent / "diagram.bpmn"


def make_app(database: Database, settings: Settings, *, clock: Callable[[], datetime] = clock_of_the_machine) -> Flask:
    """Return the web application over the database."""
    cipher = Cipher(data_keys=[settings.key_bytes("data_key")], index_key=settings.key_bytes("index_key"))
    return create_app(Executor(database, cipher), settings, clock=clock)


def add_samples(app: Flask) -> None:
    """Add the sample pages; they need somebody signed in, as every page."""
    blueprint = Blueprint("samples", __name__, url_prefix="/samples")

    @blueprint.route("/<name>", methods=["GET", "POST"])
    def page(name: str) -> str:
        template, model = PAGES[name]
        if name in WITH_DIAGRAM:
            allow_diagram()
        return render_template(template, **model())

    @blueprint.get("/diagram.bpmn")
    def diagram() -> Response:
        return Response(DIAGRAM.read_bytes(), mimetype="application/xml")

    @blueprint.get("/news")
    def news() -> str:
        return render_template("worklist/_news.html", count=3, address="/samples/worklist")

    @blueprint.post("/draft")
    def draft() -> Response:
        return jsonify(text="Luonnos tallennettu 10.42", files={})

    app.register_blueprint(blueprint)


if __name__ == "__main__":
    folder = Path(tempfile.mkdtemp(prefix="kykypolku-look-"))
    database = Database(f"sqlite:///{folder / 'look.db'}")
    metadata.create_all(database.engine)
    add_people(database)
    looking = make_app(database, Settings.load({}, data_folder=folder, web_port=8099), clock=lambda: NOW)
    add_samples(looking)
    looking.run(port=8099, threaded=True)
