"""Where the palette (Ctrl+K) leads: the places, views and beginnings of this person, as the pages offer them too."""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from app.queries.catalogue import startable_processes
from app.queries.work_views import views_of
from app.web.access import current_actor
from app.web.language import texts
from app.web.navigation import places_for
from app.web.shell import executor
from app.web.starting import PATH as START_PATH
from app.web.stories import shown
from app.web.wishes import address_of, wish_of

blueprint = Blueprint("palette", __name__)


@blueprint.get("/palette")
def entries() -> ResponseReturnValue:
    """Return group, text and address of whatever this person can go to without knowing more."""
    actor, say = current_actor(), texts()
    found = [
        (say(f"place_group.{group.key}"), say(f"place.{place.key}"), place.address)
        for group in places_for(actor)
        for place in group.places
    ]
    found += [
        (say("worklist.views"), view.name, address_of(wish_of(view.fields)))
        for view in executor().look_up(views_of, actor=actor)
    ]
    found += [
        (say("place.start"), shown(process.name), f"{START_PATH}/{process.process_id}")
        for process in executor().read(startable_processes, actor=actor)
    ]
    return jsonify([{"group": group, "text": text, "address": address} for group, text, address in found])
