"""Representatives of a client: a list, a form to record one, a button to end one; from the page of the case."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.commands.mandates import GivenMandate, end_mandate, record_mandate
from app.domain.calendar import parse_day
from app.domain.errors import Conflict, InvalidInput, Problem
from app.domain.sharing import DataGroup
from app.queries.mandates import MandatePage, mandates_of_case
from app.storage.unit_of_work import UnitOfWork
from app.web.access import current_actor
from app.web.asking import key_of, run
from app.web.language import texts
from app.web.problems import told_by_field
from app.web.shell import now

blueprint = Blueprint("mandates", __name__)
PATH = "/cases/<key>/representatives"
LONGEST = 300
_TEXTS = ("name", "identity_code", "basis", "until")


@blueprint.get(PATH)
def show(key: str) -> ResponseReturnValue:
    """Show who may act for the client of the case, and who could."""
    return _page(key)


@blueprint.post(PATH)
def record(key: str) -> ResponseReturnValue:
    """Record a mandate; what cannot be taken comes back with what is wrong."""
    typed = {name: request.form.get(name, "")[:LONGEST] for name in _TEXTS}
    groups = {DataGroup(group) for group in request.form.getlist("groups") if group in set(DataGroup)}
    given = GivenMandate(
        name=typed["name"],
        identity_code=typed["identity_code"],
        basis=typed["basis"],
        groups=groups,
        until=parse_day(typed["until"]),
    )
    try:
        run(_record, case_key=key_of(key), given=given)
    except InvalidInput as error:
        return _page(key, typed=typed, groups=groups, problems=error.problems), 422
    flash(texts()("mandates.recorded"), "success")
    return redirect(f"/cases/{key}/representatives", code=303)


@blueprint.post(f"{PATH}/end")
def end(key: str) -> ResponseReturnValue:
    """End a mandate before its time."""
    try:
        run(_end, case_key=key_of(key), mandate_key=key_of(request.form.get("mandate", "")))
    except Conflict:
        flash(texts()("mandates.gone"), "warning")
    else:
        flash(texts()("mandates.ended_now"), "success")
    return redirect(f"/cases/{key}/representatives", code=303)


def _record(uow: UnitOfWork, *, case_key: int, given: GivenMandate) -> None:
    """Record it in the same transaction that finds out whether the person may speak for this client at all."""
    actor, moment = current_actor(), now()
    page = mandates_of_case(uow, case_key=case_key, actor=actor, now=moment)
    record_mandate(uow, client=page.client, case_key=case_key, given=given, actor=actor, now=moment)


def _end(uow: UnitOfWork, *, case_key: int, mandate_key: int) -> None:
    actor, moment = current_actor(), now()
    page = mandates_of_case(uow, case_key=case_key, actor=actor, now=moment)
    end_mandate(uow, client=page.client, case_key=case_key, mandate_key=mandate_key, actor=actor, now=moment)


def _page(
    key: str,
    *,
    typed: dict[str, str] | None = None,
    groups: set[DataGroup] | None = None,
    problems: tuple[Problem, ...] | list[Problem] = (),
) -> str:
    page: MandatePage = run(mandates_of_case, case_key=key_of(key), actor=current_actor(), now=now())
    say, chosen = texts(), groups or set()
    return render_template(
        "cases/representatives.html",
        case={"number": page.case_number, "address": f"/cases/{key}"},
        address=f"/cases/{key}/representatives",
        mandates=[_line(mandate) for mandate in page.mandates],
        typed=typed or dict.fromkeys(_TEXTS, ""),
        groups=[(str(group), say(f"data_group.{group}"), group in chosen) for group in DataGroup],
        problems=told_by_field(problems, area="mandates"),
    )


def _line(mandate: Any) -> dict[str, Any]:
    say = texts()
    return {
        "key": str(mandate.key),
        "name": mandate.name,
        "groups": ", ".join(say(f"data_group.{group}") for group in DataGroup if group in mandate.groups),
        "from": mandate.valid_from,
        "until": mandate.ended_at or mandate.valid_until,
        "is_live": mandate.is_live(at=now()),
    }
