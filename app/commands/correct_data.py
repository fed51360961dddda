"""Put right what is kept of a client; what stood before is kept with it (R-21, GDPR art. 16)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from app.commands.store_answers import attach_files
from app.domain.access import Ground
from app.domain.actor import Actor
from app.domain.calendar import local_date
from app.domain.client import Client
from app.domain.data_rights import correction_text
from app.domain.disclosure import ATTACHMENT, SET_ASIDE
from app.domain.errors import Conflict, InvalidInput, Problem
from app.domain.forms import Field, FieldType, FormDefinition
from app.domain.sharing import DataGroup
from app.engine.forms import Around, Raw, answer_anew
from app.storage.answers import KeptAnswer
from app.storage.unit_of_work import UnitOfWork

#: what of who the client is can be written anew; the identity code is settled on a form, where it is compared
IDENTITY = ("name", "phone", "email", "representative")
LONGEST_IDENTITY = 200


def correct_identity(
    uow: UnitOfWork, *, seen: Client, case_key: int, attributes: Mapping[str, str], actor: Actor, now: datetime
) -> int:
    """
    Write what of the client's identity is right, and return how many attributes that changed.

    `seen` is the client as the actor saw them. Whether they may is decided by who calls (app.queries.case_rights).

    :raises InvalidInput: the name is empty, or something too long
    :raises Conflict: somebody changed the client meanwhile
    """
    wanted = {name: attributes[name].strip() for name in IDENTITY if name in attributes}
    problems = [
        Problem("required", place=name)
        for name, text in wanted.items()
        if (name == "name" and not text) or len(text) > LONGEST_IDENTITY
    ]
    if problems:
        raise InvalidInput(problems)
    client = _unchanged(uow, seen)
    changed = {name: text for name, text in wanted.items() if text != getattr(client.identity, name)}
    if not changed:
        return 0
    right = replace(
        client.identity,
        **{name: changed.get(name, getattr(client.identity, name)) for name in IDENTITY},
    )
    uow.care.clients.change(client, identity=right, needs=client.needs)
    for name, text in changed.items():
        uow.data_rights.add_correction(
            client_key=client.key,
            case_key=case_key,
            request_key=None,
            subject=f"client.{name}",
            answer_key=None,
            data_group=DataGroup.BASIC,
            before=getattr(client.identity, name),
            after=text,
            by=actor.user_key,
            now=now,
        )
    _log_change(uow, client.key, case_key, DataGroup.BASIC, actor, now)
    _note(uow, "identity_corrected", client.key, case_key, actor, now, fields=sorted(changed))
    return len(changed)


def correct_answer(
    uow: UnitOfWork,
    *,
    client_key: int,
    case_key: int,
    kept: KeptAnswer,
    form: FormDefinition,
    asked: Field,
    raw: Raw,
    around: Around,
    language: str,
    actor: Actor,
    now: datetime,
) -> bool:
    """
    Write an answer as it is right, by the rules of its question; return whether that changes it.

    It stays the answer of its form and moment, so that everything that was made of the form goes on with the right
    one; documents that were printed before stay as they were, and so does what a step has decided and the records that
    were made of the form: a plan or a consent is changed by its own form. A file that is taken away is set aside.
    `kept` is as the actor saw it, `raw` what a browser sends for the question in the language, `around` what the
    question needs from outside of it.

    :raises InvalidInput: it is no answer to the question, or nothing is left of it
    :raises Conflict: somebody changed it meanwhile
    """
    anew = answer_anew(form, asked, raw, language=language, around=around)
    right, before = anew.record, kept.answer.value
    if _same(right.value, before):
        return False
    uow.care.cases.lock(case_key)
    if uow.care.answers.get(kept.key).value != before:
        raise Conflict("the answer was changed meanwhile")
    uow.care.answers.correct(kept, value=right.value, fact=right.fact)
    if asked.type is FieldType.FILE:
        left = set(_contents(right.value))
        for sha256 in _contents(before):
            if sha256 not in left:
                uow.care.documents.set_aside(case_key, sha256=sha256, document_class=ATTACHMENT, instead=SET_ASIDE)
        register = kept.answer.controller_organisation_id
        attach_files(uow, anew.files, case_key=case_key, register=register, language=language, by=actor, now=now)
    group = kept.answer.data_group or DataGroup.HEALTH
    uow.data_rights.add_correction(
        client_key=client_key,
        case_key=case_key,
        request_key=None,
        subject=kept.answer.field,
        answer_key=kept.key,
        data_group=group,
        before=correction_text(before),
        after=correction_text(right.value),
        by=actor.user_key,
        now=now,
    )
    _log_change(uow, client_key, case_key, group, actor, now)
    _note(uow, "answer_corrected", kept.key, case_key, actor, now, fields=[kept.answer.field])
    return True


def _same(right: Any, before: Any) -> bool:
    """Tell whether the answers are the same; files are by their contents and names, wherever they are kept."""
    files = [
        [(each.get("sha256"), each.get("name")) for each in value]
        if isinstance(value, list) and all(isinstance(each, Mapping) and "sha256" in each for each in value)
        else value
        for value in (right, before)
    ]
    return bool(files[0] == files[1])


def _contents(value: Any) -> list[str]:
    return [str(each["sha256"]) for each in value or () if isinstance(each, Mapping) and "sha256" in each]


def note_death(
    uow: UnitOfWork, *, seen: Client, case_key: int, died_on: date | None, actor: Actor, now: datetime
) -> None:
    """
    Note on which day the client died, from which basic data are kept for a time (R-13); None takes it back.

    :raises InvalidInput: the day is to come, or before the client's birth
    :raises Conflict: somebody changed the client meanwhile
    """
    client = _unchanged(uow, seen)
    born = client.identity.birth_date
    if died_on is not None and (died_on > local_date(now) or (born is not None and died_on < born)):
        raise InvalidInput([Problem("died_on", place="died_on")])
    uow.care.clients.note_death(client, died_on=died_on)
    _note(uow, "death_noted" if died_on else "death_taken_back", client.key, case_key, actor, now, fields=[])


def _unchanged(uow: UnitOfWork, seen: Client) -> Client:
    """Lock the client and return them as they are. :raises Conflict: not as they were seen"""
    uow.care.clients.lock(seen.key)
    client = uow.care.clients.get(seen.key)
    if client.revision != seen.revision:
        raise Conflict("the client was changed meanwhile")
    return client


def _log_change(uow: UnitOfWork, client_key: int, case_key: int, group: DataGroup, actor: Actor, now: datetime) -> None:
    uow.access_log.add(
        actor=actor,
        action="change",
        client_key=client_key,
        case_key=case_key,
        data_groups=[group],
        purpose="correction",
        ground=Ground.OWN_REGISTER,
        now=now,
    )


def _note(
    uow: UnitOfWork, action: str, key: int, case_key: int, actor: Actor, now: datetime, *, fields: list[str]
) -> None:
    uow.audit.add(
        actor=actor,
        action=action,
        subject="client",
        subject_key=key,
        case_key=case_key,
        details={"fields": fields} if fields else {},
        now=now,
    )
