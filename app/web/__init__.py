"""The Flask door: pages for people, JSON for machines. Translates in, makes one call, translates out."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Flask, request
from jinja2 import StrictUndefined

from app.executor import Executor
from app.queries.emergency import count_unreviewed
from app.queries.notices import count_unread
from app.queries.sessions import list_workplaces
from app.settings import Settings
from app.web import (
    absences,
    accessibility,
    answering,
    api,
    assets,
    auth,
    case_corrections,
    case_rights,
    cases,
    client_tasks,
    client_timeline,
    columns,
    consultation,
    data_requests,
    decided,
    demo_identity,
    directory,
    emergency,
    errors,
    follow_up,
    grounds,
    health,
    home,
    language,
    limits,
    mandates,
    measures,
    meetings,
    monitor,
    navigation,
    notices,
    own,
    palette,
    pathway_chart,
    preferences,
    printing,
    reminders,
    retention,
    security,
    selection,
    sessions,
    starting,
    statutes,
    studio,
    support_people,
    surveys,
    task_handling,
    tasks,
    theme,
    work_views,
    worklist,
    workload,
)
from app.web.routes import ReadingRule
from app.web.shell import EXTENSION, Shell

#: a form with its files; each file has its own, smaller limit
LARGEST_REQUEST = 25 * 1024 * 1024
#: text fields of one form
LARGEST_FORM = 2 * 1024 * 1024
MOST_FORM_PARTS = 2000


def create_app(executor: Executor, settings: Settings, *, clock: Callable[[], datetime]) -> Flask:
    """Return the web application over the executor, with the clock that its views read."""
    app = Flask(__name__, static_folder=None)
    app.url_rule_class = ReadingRule
    app.config.update(
        DEBUG=settings.debug,
        MAX_CONTENT_LENGTH=LARGEST_REQUEST,
        MAX_FORM_MEMORY_SIZE=LARGEST_FORM,
        MAX_FORM_PARTS=MOST_FORM_PARTS,
        TEMPLATES_AUTO_RELOAD=settings.debug,
        # Flask's own cookie carries only what the next page says once ("Tehtävä palautettu"); who it is, is in ours
        SECRET_KEY=hmac.digest(settings.key_bytes("session_key"), b"flask", "sha256"),
        SESSION_COOKIE_NAME="__Host-kykypolku-said" if settings.secure_cookies else "kykypolku-said",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
    )
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.extensions[EXTENSION] = Shell(executor=executor, settings=settings, clock=clock)

    # the order matters: who it is, whether the request is ours, whether they may be here
    sessions.install(app)
    security.install(app)
    auth.install(app)
    own.install(app)
    if not settings.production:
        demo_identity.install(app)
    errors.install(app)
    language.install(app)
    assets.install(app, settings.county_accent or theme.DEFAULT_ACCENT)
    app.register_blueprint(preferences.blueprint)
    app.register_blueprint(home.blueprint)
    app.register_blueprint(health.blueprint)
    app.register_blueprint(answering.blueprint)
    app.register_blueprint(accessibility.blueprint)
    app.register_blueprint(grounds.blueprint)
    for place in (
        worklist,
        work_views,
        selection,
        client_tasks,
        columns,
        workload,
        palette,
        tasks,
        task_handling,
        follow_up,
        notices,
        absences,
        reminders,
        printing,
        cases,
        client_timeline,
        decided,
        mandates,
        support_people,
        starting,
        consultation,
        meetings,
        studio,
        limits,
        directory,
        pathway_chart,
        surveys,
        measures,
        monitor,
        emergency,
        statutes,
        retention,
        case_corrections,
        case_rights,
        data_requests,
    ):
        app.register_blueprint(place.blueprint)
    api.install(app)
    app.context_processor(page_frame)
    return app


def page_frame() -> dict[str, Any]:
    """Give every template what the frame of a page shows: the person, the places, the look, the county."""
    session = sessions.current_session()
    frame: dict[str, Any] = {
        "signed_in": session,
        "look": preferences.current_look(),
        "county": home.county(),
        "page_path": request.full_path.rstrip("?"),
        "home_address": own.PATH if security.is_clients_door() else "/",
        "preferences_address": f"{own.PATH}/preferences" if security.is_clients_door() else "/preferences",
    }
    client = sessions.current_client()
    if client is not None:
        frame |= own.client_frame(client)
    if session is not None:
        frame["places"] = navigation.places_for(session.actor)
        frame["waiting_reviews"] = home.lazily(count_unreviewed, actor=session.actor)
        frame["unread_notices"] = home.lazily(count_unread, user_key=session.account.key)
        frame["current_place"] = navigation.current_place()
        frame["workplaces"] = home.lazily(list_workplaces, user_key=session.account.key)
        frame["session_times"] = home.session_times(session)
    return frame
