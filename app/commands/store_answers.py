"""Keep the answers of a form in the care core, and find or open the case that they belong to."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.commands.withdraw_consent import cut_grants
from app.domain.access import Ground, Purpose
from app.domain.actor import Actor
from app.domain.answers import AcceptedFile, Answers, RecordAnswer
from app.domain.client import Case, Client, Identity, identity_from, needs_from
from app.domain.consent import WITHDRAWAL_FORM, UnreadableConsent, Withdrawal, read_withdrawal
from app.domain.disclosure import ACTIONS, ATTACHMENT, CHANGES
from app.domain.errors import InvalidInput, InvalidSubmission, NotAllowed, Problem
from app.domain.foreign_code import ForeignCode, parse_foreign_code
from app.domain.forms import RecordKind
from app.domain.identity_code import parse_identity_code
from app.domain.keys import new_key
from app.domain.plan_changes import named
from app.domain.sharing import DataGroup
from app.storage.rows import Instance
from app.storage.unit_of_work import UnitOfWork


def store_answers(
    uow: UnitOfWork, *, instance: Instance, answers: Answers, actor: Actor, task_key: int | None, now: datetime
) -> Instance:
    """
    Keep those answers that the form sends to the care core, and return the instance with its case.

    The first form that asks who the client is ties the instance to a case: the open case of the client with this
    identity code (without one: with this code of another country), else a new one, owned by the actor. Answers go to
    the register of the actor's organisation.

    :raises InvalidSubmission: the identity code is another client's, or there is no case that the answers could go to
    :raises NotAllowed: a representative answers for a data group that the mandate does not cover
    """
    if not answers.records and not answers.files:
        return instance
    _ensure_within_mandate(answers, actor)
    about_client = _attributes(answers, RecordKind.CLIENT)
    if instance.case_key is not None:
        case = uow.care.cases.get(instance.case_key)
        if about_client:
            _change_client(uow, uow.care.clients.get(case.client_key), about_client)
    elif about_client:
        case = _start_or_join(uow, instance, about_client, actor, now)
    else:
        raise InvalidSubmission([Problem("case_missing")])
    _keep(uow, case, answers, actor, task_key, now)
    return dataclasses.replace(instance, case_key=case.key, area_id=instance.area_id or case.area_id)


def _groups(answers: Answers) -> frozenset[DataGroup]:
    groups = {record.data_group for record in answers.records} | {file.data_group for file in answers.files}
    return frozenset(group for group in groups if group is not None)


def _ensure_within_mandate(answers: Answers, actor: Actor) -> None:
    if actor.mandate is not None and not _groups(answers) <= actor.mandate:
        raise NotAllowed("mandate")


def _attributes(answers: Answers, kind: RecordKind) -> dict[str, Any]:
    return {record.target.attribute: record.value for record in answers.records if record.target.kind is kind}


def _start_or_join(
    uow: UnitOfWork, instance: Instance, attributes: Mapping[str, Any], actor: Actor, now: datetime
) -> Case:
    """Start-or-join by open case: the same identity code never gets a second client or a second open case."""
    identity = _identified(identity_from(attributes))
    client_key = None
    if identity.identity_code:
        uow.care.clients.lock_identity_code(identity.identity_code)
        client_key = uow.care.clients.find_by_identity_code(identity.identity_code)
    elif identity.foreign_code:
        uow.care.clients.lock_identity_code(f"{identity.foreign_country}:{identity.foreign_code}")
        client_key = uow.care.clients.find_by_foreign_code(ForeignCode(identity.foreign_code, identity.foreign_country))
    organisation = actor.organisation_id or instance.organisation_id
    if client_key is None:
        client = uow.care.clients.add(
            key=new_key(),
            identity=identity,
            needs=needs_from(attributes),
            area_id=instance.area_id,
            controller_organisation_id=organisation,
            now=now,
        )
        client_key = client.key
    else:
        uow.care.clients.lock(client_key)
        known = uow.care.clients.get(client_key)
        # who the client is was settled before; a slip at the telephone must not rename them
        lasting = {name: value for name, value in attributes.items() if name not in ("name", "birth_date")}
        _change_client(uow, known, lasting if known.identity.name else attributes)
        case = uow.care.cases.lock_open_case_of(client_key)
        if case is not None:
            return case
    return uow.care.cases.add(
        key=new_key(),
        client_key=client_key,
        area_id=instance.area_id,
        controller_organisation_id=organisation,
        unit_id=actor.unit_id or instance.unit_id,
        owner_key=actor.user_key,
        now=now,
    )


def _change_client(uow: UnitOfWork, known: Client, attributes: Mapping[str, Any]) -> None:
    identity = _identified(identity_from(attributes, known=known.identity))
    code = identity.identity_code
    if code != known.identity.identity_code:
        uow.care.clients.lock_identity_code(code)
        if (
            not _may_replace(known.identity.identity_code, code)
            or uow.care.clients.find_by_identity_code(code) is not None
        ):
            raise InvalidSubmission([Problem("identity_code_of_other_client")])
    uow.care.clients.change(known, identity=identity, needs=needs_from(attributes, known=known.needs))


def _may_replace(known: str, new: str) -> bool:
    """Tell whether the client may get the code: they had none, or a temporary one and now get the permanent one."""
    return not known or (parse_identity_code(known).artificial and not parse_identity_code(new).artificial)


def _identified(identity: Identity) -> Identity:
    """Write the codes in their one form and take the birth date from the Finnish one."""
    if identity.foreign_code:
        try:
            foreign = parse_foreign_code(identity.foreign_code, identity.foreign_country)
        except InvalidInput as error:
            raise InvalidSubmission(error.problems) from None
        identity = dataclasses.replace(identity, foreign_code=foreign.text, foreign_country=foreign.country)
    if not identity.identity_code:
        return identity
    try:
        code = parse_identity_code(identity.identity_code)
    except InvalidInput as error:
        raise InvalidSubmission(error.problems) from None
    return dataclasses.replace(identity, identity_code=code.text, birth_date=code.birth_date)


def _keep(uow: UnitOfWork, case: Case, answers: Answers, actor: Actor, task_key: int | None, now: datetime) -> None:
    register = actor.organisation_id or case.controller_organisation_id
    about_case = _attributes(answers, RecordKind.CASE)
    uow.care.cases.change(
        case.key,
        source=about_case.get("source"),
        service_relation=about_case.get("service_relation"),
        # whose address is protected is not counted by where they live either
        municipality="" if _is_protected(answers) else about_case.get("municipality"),
    )
    kept = [record for record in answers.records if record.target.kind in (RecordKind.ANSWER, RecordKind.DOCUMENT)]
    kept = [_with_names(uow, case, record) if record.key == CHANGES else record for record in kept]
    uow.care.answers.add(
        case.key,
        kept,
        form_id=answers.form_id,
        controller_organisation_id=register,
        task_key=task_key,
        answered_by=actor.user_key,
        now=now,
    )
    if answers.form_id == WITHDRAWAL_FORM:
        # with the form itself: what the client takes back is closed before anybody can look again
        cut_grants(uow, case_key=case.key, withdrawal=_withdrawal(answers), actor=actor, now=now)
    attach_files(uow, answers.files, case_key=case.key, register=register, language=answers.language, by=actor, now=now)
    purpose, ground = Purpose.CARE, Ground.OWN_REGISTER
    if actor.client_key is not None:
        purpose, ground = Purpose.OWN_DATA, Ground.OWN_DATA if actor.mandate is None else Ground.MANDATE
    uow.access_log.add(
        actor=actor,
        action="change",
        client_key=case.client_key,
        case_key=case.key,
        data_groups={str(group) for group in _groups(answers)},
        purpose=purpose,
        ground=ground,
        now=now,
    )


def _with_names(uow: UnitOfWork, case: Case, changes: RecordAnswer) -> RecordAnswer:
    """Return changes of the plan with what names their actions. :raises InvalidSubmission: it has no such action"""
    if not changes.value:
        return changes
    plan = uow.care.answers.latest(case.key, fields=[ACTIONS]).get(ACTIONS)
    rows = named(changes.value, plan.value if plan is not None and plan.value else [])
    return dataclasses.replace(changes, value=rows, fact=rows)


def attach_files(
    uow: UnitOfWork,
    files: Sequence[AcceptedFile],
    *,
    case_key: int,
    register: str,
    language: str,
    by: Actor,
    now: datetime,
) -> None:
    """Keep the files of an answer as documents of the case, in the register of that organisation."""
    for file in files:
        uow.care.documents.add(
            key=new_key(),
            case_key=case_key,
            controller_organisation_id=register,
            document_class=ATTACHMENT,
            data_groups=[file.data_group or DataGroup.HEALTH],
            title=file.name,
            media_type=file.media_type,
            content=file.content,
            language=language,
            created_by=by.user_key,
            now=now,
        )


def _is_protected(answers: Answers) -> bool:
    return bool(_attributes(answers, RecordKind.CLIENT).get("protected_address"))


def _withdrawal(answers: Answers) -> Withdrawal:
    try:
        return read_withdrawal(answers.values)
    except UnreadableConsent as error:
        raise InvalidSubmission([Problem("required", place=str(error), name=str(error))]) from None
