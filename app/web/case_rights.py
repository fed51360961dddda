"""The client's rights from the page of the case: a copy for the client, requests on their word, corrections."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.commands.correct_data import IDENTITY, correct_identity, note_death
from app.commands.data_requests import Asked, ask_about_data
from app.domain.calendar import parse_day, written_day
from app.domain.client import Client
from app.domain.data_rights import LONGEST_TEXT, Correction, RequestKind, corrected_value
from app.domain.errors import Conflict, InvalidInput, NotFound, Problem
from app.domain.forms import LONGEST_LONG_TEXT, MOST_OPTIONS, FieldType
from app.domain.keys import parse_key
from app.locale.problems import problem_text
from app.queries.case_documents import DocumentContent
from app.queries.case_rights import CaseRights, GivenAnswer, case_rights
from app.queries.data_copy import copy_as_letter, copy_for_machines
from app.storage.unit_of_work import UnitOfWork
from app.web.access import current_actor
from app.web.asking import key_of, run
from app.web.case_corrections import put_right
from app.web.cases import as_file
from app.web.forms import raw_of, shown_answer
from app.web.forms.answer_texts import limit_text
from app.web.forms.answered import Choices
from app.web.language import current_language, texts
from app.web.own.rights import request_line
from app.web.shell import now
from app.web.stories import shown

blueprint = Blueprint("case_rights", __name__)
PATH = "/cases/<key>/rights"
#: how a question is answered anew on the page itself; others on a page of their own
_CONTROLS = {
    FieldType.INTEGER: "input",
    FieldType.DECIMAL: "input",
    FieldType.DATE: "input",
    FieldType.DATE_TIME: "input",
    FieldType.LONG_TEXT: "area",
    FieldType.TEXT: "area",
    FieldType.BOOLEAN: "select",
    FieldType.CHOICE: "select",
    FieldType.MULTI_CHOICE: "checks",
}


@blueprint.get(PATH)
def show(key: str) -> ResponseReturnValue:
    """Show what can be done for the client's rights."""
    return _page(key)


@blueprint.get(f"{PATH}/copy.zip")
def send_copy(key: str) -> ResponseReturnValue:
    """Send what is kept of the client in the own register, for the client and for programs."""
    return as_file(run(_copy, case_key=key_of(key), letter=False))


@blueprint.get(f"{PATH}/letter.pdf")
def send_letter(key: str) -> ResponseReturnValue:
    """Send the same as a letter in the client's language."""
    return as_file(run(_copy, case_key=key_of(key), letter=True))


@blueprint.post(f"{PATH}/request")
def ask(key: str) -> ResponseReturnValue:
    """Write down on the client's word what they ask."""
    typed = {name: request.form.get(name, "")[: LONGEST_TEXT + 1] for name in ("kind", "data_group", "text")}
    return _done(key, lambda: run(_ask, case_key=key_of(key), asked=Asked(**typed)), "own.rights.asked", typed)


@blueprint.post(f"{PATH}/identity")
def put_identity_right(key: str) -> ResponseReturnValue:
    """Write what of the client's identity is right."""
    typed = {name: request.form.get(name, "")[:1000] for name in (*IDENTITY, "revision")}
    return _done(key, lambda: run(_correct_identity, case_key=key_of(key), typed=typed), "case_rights.corrected", typed)


@blueprint.post(f"{PATH}/answer")
def put_answer_right(key: str) -> ResponseReturnValue:
    """Write an answer as it is right."""
    written = [text[: LONGEST_LONG_TEXT + 1] for text in request.form.getlist("text")[:MOST_OPTIONS]]
    typed = {"answer": request.form.get("answer", "")}
    return _done(
        key,
        lambda: run(_correct_answer, case_key=key_of(key), answer_key=key_of(typed["answer"]), written=written),
        "case_rights.corrected",
        typed,
        written,
    )


@blueprint.post(f"{PATH}/death")
def put_death(key: str) -> ResponseReturnValue:
    """Note on which day the client died."""
    typed = {name: request.form.get(name, "")[:20] for name in ("died_on", "revision")}
    return _done(key, lambda: run(_note_death, case_key=key_of(key), typed=typed), "case_rights.saved", typed)


def _done(
    key: str, work: Callable[[], Any], said: str, typed: dict[str, str], written: Sequence[str] = ()
) -> ResponseReturnValue:
    """Do it and go back to the page; what is wrong comes back with what was typed."""
    try:
        work()
    except InvalidInput as error:
        return _page(key, typed=typed, written=written, problems=error.problems), 422
    except Conflict:
        flash(texts()("case_rights.changed_meanwhile"), "warning")
    else:
        flash(texts()(said), "success")
    return redirect(f"/cases/{key}/rights", code=303)


def _rights(uow: UnitOfWork, case_key: int) -> CaseRights:
    """Find out, in the same transaction that does it, whether the person may do this for this client at all."""
    return case_rights(uow, case_key=case_key, actor=current_actor(), now=now())


def _copy(uow: UnitOfWork, *, case_key: int, letter: bool) -> DocumentContent:
    client = _rights(uow, case_key).client
    case_keys = [case.key for case in uow.care.cases.of_client(client.key)]
    actor, moment = current_actor(), now()
    if letter:
        return copy_as_letter(
            uow,
            client_key=client.key,
            case_keys=case_keys,
            actor=actor,
            language=client.needs.document_language,
            now=moment,
        )
    return copy_for_machines(uow, client_key=client.key, case_keys=case_keys, actor=actor, now=moment)


def _ask(uow: UnitOfWork, *, case_key: int, asked: Asked) -> None:
    _rights(uow, case_key)
    ask_about_data(uow, asked=asked, case_key=case_key, actor=current_actor(), now=now())


def _correct_identity(uow: UnitOfWork, *, case_key: int, typed: dict[str, str]) -> None:
    seen = _as_seen(_rights(uow, case_key).client, typed)
    correct_identity(uow, seen=seen, case_key=case_key, attributes=typed, actor=current_actor(), now=now())


def _correct_answer(uow: UnitOfWork, *, case_key: int, answer_key: int, written: Sequence[str]) -> None:
    try:
        put_right(uow, case_key=case_key, answer_key=answer_key, raw_of_question=lambda asked: {asked.key: written})
    except NotFound as error:
        if error.kind != "answer":
            raise
        raise Conflict("no such answer can be put right here any more") from None


def _as_seen(client: Client, typed: dict[str, str]) -> Client:
    """Return the client as they were on the page that the form stood on."""
    return replace(client, revision=parse_key(typed["revision"]) or 0)


def _note_death(uow: UnitOfWork, *, case_key: int, typed: dict[str, str]) -> None:
    day = parse_day(typed["died_on"])
    if typed["died_on"].strip() and day is None:
        raise InvalidInput([Problem("died_on", place="died_on")])
    seen = _as_seen(_rights(uow, case_key).client, typed)
    note_death(uow, seen=seen, case_key=case_key, died_on=day, actor=current_actor(), now=now())


def _page(
    key: str,
    *,
    typed: dict[str, str] | None = None,
    written: Sequence[str] = (),
    problems: Sequence[Problem] = (),
) -> str:
    page = run(_rights, case_key=key_of(key))
    say, identity = texts(), page.client.identity
    known = {name: getattr(identity, name) for name in IDENTITY}
    died_on = page.client.died_on
    known["revision"] = str(page.client.revision)
    known["died_on"] = written_day(died_on) if died_on else ""
    wrong = (typed or {}).get("answer", "") if problems else ""
    return render_template(
        "cases/rights.html",
        case={"number": page.case_number, "address": f"/cases/{page.case_key}"},
        address=f"/cases/{page.case_key}/rights",
        kinds=[(str(kind), say(f"own.rights.kind.{kind}")) for kind in RequestKind],
        groups=[("", say("own.rights.choose")), *((str(each), say(f"data_group.{each}")) for each in page.groups)],
        requests=[request_line(item) for item in page.requests],
        corrections=[_correction(each, page) for each in page.corrections],
        answers=[
            _answer(each, written if str(each.kept.key) == wrong else None, page.choices) for each in page.answers
        ],
        identity=IDENTITY,
        typed={"kind": "", "data_group": "", "text": "", "answer": "", **known, **(typed or {})},
        # what is wrong with an answer stands at its question, whose name the problem says by itself
        problems={
            "text" if wrong else problem.place: problem_text(_named(problem, page, wrong), say) for problem in problems
        },
    )


def _named(problem: Problem, page: CaseRights, answer_key: str) -> Problem:
    """Return the problem with what it is about as the page calls it."""
    questions = {str(each.kept.key): shown(each.asked.label) for each in page.answers}
    place = questions.get(answer_key) or texts()(f"case_rights.{problem.place}")
    language = current_language()
    values = {name: limit_text(value, language) for name, value in problem.values.items()}
    return Problem(problem.code, place=place, values=values)


def _answer(given: GivenAnswer, written: Sequence[str] | None, choices: Choices) -> dict[str, Any]:
    """Return an answer with its control: as it was written just now where that was wrong, else as it is kept."""
    asked, language = given.asked, current_language()
    say, key = texts(), given.kept.key
    told = {
        "key": str(key),
        "question": shown(asked.label),
        "form": shown(given.form.title),
        "at": given.kept.answer.answered_at,
    }
    if asked.type not in _CONTROLS or asked.options_from is not None:
        text = shown_answer(asked, given.kept.answer.value, say, choices)
        return {**told, "control": "", "text": text, "is_wrong": False}
    kept = raw_of(given.form, {asked.key: given.kept.answer.value}, language=language).get(asked.key, [])
    texts_now = kept if written is None else written
    options = [(option.value, shown(option.label)) for option in asked.options]
    if asked.type is FieldType.BOOLEAN:
        options = [("true", say("forms.yes")), ("false", say("forms.no"))]
    return {
        **told,
        "control": _CONTROLS[asked.type],
        "options": [(value, text, value in texts_now) for value, text in options],
        "text": texts_now[0] if texts_now else "",
        "is_wrong": written is not None,
    }


def _correction(item: Correction, page: CaseRights) -> dict[str, Any]:
    say = texts()
    questions = {each.kept.answer.field: each.asked for each in page.answers}
    attribute, asked = item.subject.removeprefix("client."), questions.get(item.subject)
    before, after = item.before, item.after
    if asked is not None:
        name = shown(asked.label)
        before, after = (
            shown_answer(asked, corrected_value(asked, text), say, page.choices) or say("forms.nothing")
            for text in (before, after)
        )
    else:
        name = item.subject if attribute == item.subject else say(f"case_rights.{attribute}")
    return {"name": name, "before": before, "after": after, "at": item.at, "by": item.by}
