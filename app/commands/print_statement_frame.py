"""
The physician prints the frame of a statement beside the task that asks for it.

The frame is a draft to write from: the signed statement lives in the patient record, so nothing of it is kept here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from app.commands.prepare_notification import county_name
from app.documents import Document, Template, render
from app.documents.answer_lines import AnswerLines
from app.domain.access import visible_groups
from app.domain.actor import Actor, may_take
from app.domain.calendar import local_date
from app.domain.client import Case
from app.domain.errors import Concealed, NotAllowed, NotFound
from app.domain.facts import Answer
from app.domain.forms import FormDefinition
from app.domain.localized import LANGUAGES, in_language
from app.domain.sharing import DataGroup
from app.published import form_of, options_of, process_of
from app.storage.rows import Task
from app.storage.unit_of_work import UnitOfWork

#: property of a user task: the document that whoever does it can print
PRINT = "kyky.print"
#: what the form of the task says of the statement, as the frame calls it
_ASKED = {"laji": "kind", "kayttotarkoitus": "purpose", "kysymykset": "questions"}
#: what is known already and a statement on work ability builds on
_BACKGROUND = (
    "tilanne",
    "tavoite_oma",
    "tyohistoria",
    "koulutus",
    "terveys_kooste",
    "arjen_toimintakyky",
    "voimavarat",
    "tyo_johon_pystyy",
    "tyon_muokkaus",
)


def print_statement_frame(uow: UnitOfWork, *, task_key: int, actor: Actor, language: str, now: datetime) -> Document:
    """
    Return the frame in the language for somebody who may do the task, and log the print.

    It holds what the physician may see of the background, and what they have typed and saved on the form of the task.

    :raises NotFound: no such task
    :raises Concealed: the task is not for this person, or offers no frame
    :raises NotAllowed: they may not know who the client is
    """
    task = uow.tasks.get(task_key)
    mine = task.assignee is not None and task.assignee == actor.user_key
    if not (mine or may_take(actor, task=task.restriction)) or actor.user_key is None:
        raise Concealed("user task", task_key, case_key=task.case_key)
    element = next(
        (each for each in process_of(uow, task.definition_key).outline.elements if each.element_id == task.element_id),
        None,
    )
    if task.case_key is None or element is None or element.properties.get(PRINT) != Template.STATEMENT_FRAME:
        raise Concealed("statement frame", task_key, case_key=task.case_key)
    case = uow.care.get_case(task.case_key)
    visible = _visible(uow, case, actor, now)
    if (DataGroup.BASIC, case.controller_organisation_id) not in visible:
        raise NotAllowed("print")
    with uow.care.seen_by(actor, now=now):
        client = uow.care.clients.get(case.client_key)
        answers = uow.care.answers.latest(case.key, fields=[*_ASKED, *_BACKGROUND], visible=list(visible))
    written = language if language in LANGUAGES else "fi"
    lines = AnswerLines(written, lambda source: options_of(uow, source, area_id=case.area_id))
    background = list(_background(uow, task, answers, lines, written))
    named = uow.care.places.organisation_name(case.controller_organisation_id)
    controller = in_language(named, written) or case.controller_organisation_id
    content = {
        "county": county_name(uow, area_id=case.area_id, language=written) or controller,
        "controller": controller,
        "reference": case.number,
        "date": local_date(now),
        "name": client.identity.name or case.number,
        "born_on": client.identity.birth_date,
        "background": background,
        **_asked(uow, task, actor, answers, lines),
    }
    document = render(Template.STATEMENT_FRAME, written, content)
    read = {DataGroup.BASIC, *(answer.data_group for answer in answers.values())}
    uow.access_log.add(
        actor=actor,
        action="print",
        client_key=case.client_key,
        case_key=case.key,
        data_groups=sorted(str(group) for group in read),
        purpose=f"task:{task_key}",
        ground=",".join(sorted({str(visible[pair]) for pair in visible if pair[0] in read})),
        now=now,
    )
    return document


def _visible(uow: UnitOfWork, case: Case, actor: Actor, now: datetime) -> Mapping[tuple[DataGroup, str], str]:
    """Return the ground on which each data group of each register of the case is open to the actor."""
    relation, grants = uow.care.cases.relation(case.key), uow.care.cases.grants(case.key)
    restricted = uow.data_rights.restricted(case.key)
    return {
        (group, register): str(decision.ground)
        for register in {case.controller_organisation_id, *relation.serving_organisation_ids}
        for group, decision in visible_groups(
            viewer=actor.viewer,
            case=relation,
            grants=grants,
            at=now,
            restricted=restricted,
            controller_organisation_id=register,
        ).items()
    }


def _asked(
    uow: UnitOfWork, task: Task, actor: Actor, answers: Mapping[str, Answer], lines: AnswerLines
) -> dict[str, str]:
    """What kind of statement, for what, and the questions: as saved on the open form, else as answered before."""
    form = form_of(uow, task.definition_key, task.form_id) if task.form_id else None
    draft: dict[str, list[str]] = {}
    if actor.user_key is not None and (found := uow.tasks.find_draft(task.key, actor.user_key)):
        draft = msgspec.json.decode(found[0], type=dict[str, list[str]])
    told = {}
    for field, name in _ASKED.items():
        typed = draft.get(field, [""])[0]
        known = typed or (answers[field].value if field in answers else None)
        if known and (text := _text(form, field, known, lines)):
            told[name] = text
    return told


def _background(
    uow: UnitOfWork, task: Task, answers: Mapping[str, Answer], lines: AnswerLines, language: str
) -> Iterator[dict[str, str]]:
    for field in _BACKGROUND:
        answer = answers.get(field)
        if answer is None or answer.value in (None, "", []):
            continue
        form = _form(uow, task, answer)
        asked = next((each for each in form.fields if each.key == field), None) if form is not None else None
        if asked is not None:
            yield {"question": in_language(asked.label, language), "answer": lines.text(asked, answer.value)}


def _form(uow: UnitOfWork, task: Task, answer: Answer) -> FormDefinition | None:
    """Return the form that asked, in the version of the process in which it was answered."""
    keys = [uow.tasks.get(answer.task_key).definition_key] if answer.task_key is not None else []
    for key in (*keys, task.definition_key):
        try:
            return form_of(uow, key, answer.form_id)
        except NotFound:
            continue
    return None


def _text(form: FormDefinition | None, field: str, value: Any, lines: AnswerLines) -> str:
    asked = next((each for each in form.fields if each.key == field), None) if form is not None else None
    return lines.text(asked, value) if asked is not None else str(value)
