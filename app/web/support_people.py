"""Support people of a client: a list, a form to write one down, a button to end it; from the page of the case."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.commands.support_people import NamedSupport, end_support, record_support
from app.domain.calendar import local_date, parse_day, written_day
from app.domain.errors import Conflict, InvalidInput, Problem
from app.domain.support_people import Told
from app.queries.support_people import support_of_case
from app.storage.unit_of_work import UnitOfWork
from app.web.access import current_actor
from app.web.asking import key_of, run
from app.web.language import texts
from app.web.problems import told_by_field
from app.web.shell import now
from app.web.tasks import support_line

blueprint = Blueprint("support_people", __name__)
PATH = "/cases/<key>/support"
LONGEST = 300
_TEXTS = ("name", "relation", "phone", "email", "consented_on")


@blueprint.get(PATH)
def show(key: str) -> ResponseReturnValue:
    """Show who supports the client of the case."""
    return _page(key)


@blueprint.post(PATH)
def record(key: str) -> ResponseReturnValue:
    """Write a support person down; what cannot be taken comes back with what is wrong."""
    typed = {name: request.form.get(name, "")[:LONGEST] for name in _TEXTS}
    told = {Told(each) for each in request.form.getlist("told") if each in set(Told)}
    named = NamedSupport(
        name=typed["name"],
        relation=typed["relation"],
        phone=typed["phone"],
        email=typed["email"],
        told=told,
        consented_on=parse_day(typed["consented_on"]),
    )
    try:
        run(_record, case_key=key_of(key), named=named)
    except InvalidInput as error:
        return _page(key, typed=typed, told=told, problems=error.problems), 422
    flash(texts()("support.recorded"), "success")
    return redirect(f"/cases/{key}/support", code=303)


@blueprint.post(f"{PATH}/end")
def end(key: str) -> ResponseReturnValue:
    """End the consent on the client's word."""
    try:
        run(_end, case_key=key_of(key), support_key=key_of(request.form.get("person", "")))
    except Conflict:
        flash(texts()("support.gone"), "warning")
    else:
        flash(texts()("support.ended_now"), "success")
    return redirect(f"/cases/{key}/support", code=303)


def _record(uow: UnitOfWork, *, case_key: int, named: NamedSupport) -> None:
    """Write it down in the same transaction that finds out whether the person serves this client at all."""
    actor, moment = current_actor(), now()
    page = support_of_case(uow, case_key=case_key, actor=actor, now=moment)
    record_support(uow, client=page.client, case_key=case_key, named=named, actor=actor, now=moment)


def _end(uow: UnitOfWork, *, case_key: int, support_key: int) -> None:
    actor, moment = current_actor(), now()
    page = support_of_case(uow, case_key=case_key, actor=actor, now=moment)
    end_support(uow, client=page.client, case_key=case_key, support_key=support_key, actor=actor, now=moment)


def _page(
    key: str,
    *,
    typed: dict[str, str] | None = None,
    told: set[Told] | None = None,
    problems: Sequence[Problem] = (),
) -> str:
    page = run(support_of_case, case_key=key_of(key), actor=current_actor(), now=now())
    say, today = texts(), local_date(now())
    usual = {**dict.fromkeys(_TEXTS, ""), "consented_on": written_day(today)}
    return render_template(
        "cases/support.html",
        case={"number": page.case_number, "address": f"/cases/{key}"},
        address=f"/cases/{key}/support",
        people=[support_line(person) for person in page.people],
        typed=typed or usual,
        topics=[(str(each), say(f"support.told.{each}"), each in (told or ())) for each in Told],
        problems=told_by_field(problems, area="support"),
    )
