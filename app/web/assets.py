"""Addresses of the bundled files, the county's colours, and how both are served: by their content's hash, for ever."""

from __future__ import annotations

import json
from pathlib import Path

from flask import Flask, Response, abort, send_from_directory

from app.web import theme
from app.web.access import public

DIST = Path(__file__).parent / "static" / "dist"
FOR_EVER = "public, max-age=31536000, immutable"


class Assets:
    """The bundles that build.mjs has made, and the style sheet of colours."""

    def __init__(self, folder: Path, accent: str) -> None:
        manifest = folder / "manifest.json"
        #: name in templates -> name of the file; empty before the first build, tests without a browser need none
        self.names: dict[str, str] = json.loads(manifest.read_text("utf-8")) if manifest.exists() else {}
        self.colours = theme.stylesheet(accent)
        self.colours_name = f"colours-{theme.content_hash(self.colours)}.css"

    def __call__(self, name: str) -> str:
        """Return the address of the file that templates call `name`."""
        if name == "colours.css":
            return f"/assets/{self.colours_name}"
        return f"/assets/{self.names.get(name, name)}"

    def __contains__(self, name: str) -> bool:
        return name in self.names


def install(app: Flask, accent: str) -> Assets:
    """Serve the files and give templates `asset('app.css')`."""
    assets = Assets(DIST, accent)

    @app.get("/assets/<path:name>", endpoint="assets.file")
    @public
    def file(name: str) -> Response:
        if name == assets.colours_name:
            response = Response(assets.colours, mimetype="text/css")
        elif name.startswith("colours-") or name == "manifest.json":
            abort(404)
        else:
            response = send_from_directory(DIST, name)
        response.headers["Cache-Control"] = FOR_EVER
        return response

    app.jinja_env.globals["asset"] = assets
    return assets
