"""What those who serve a client in their own register do for the client's rights: requests, corrections, a copy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from app.domain.access import Ground
from app.domain.actor import Actor
from app.domain.answers import StoredFile
from app.domain.client import Client
from app.domain.data_rights import Correction, DataRequest
from app.domain.disclosure import ATTACHMENT
from app.domain.errors import Concealed, NotFound
from app.domain.forms import Field, FieldType, FormDefinition, Option
from app.domain.sharing import DataGroup
from app.engine.forms import Around, stands_alone
from app.published import choices_of_fields
from app.queries.access import Sight, log_reading, sight_of_case
from app.queries.known_forms import KnownForms
from app.storage.answers import KeptAnswer
from app.storage.unit_of_work import UnitOfWork

#: grounds on which somebody works in their own register; what a consent shows is another's to put right
OWN = frozenset({Ground.OWN_REGISTER, Ground.OWN_FORM})


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenAnswer:
    """An answer that can be put right by itself, with its question; the latest of its question in the case."""

    kept: KeptAnswer = field(repr=False)
    asked: Field
    form: FormDefinition


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRights:
    """The client of a case with their requests, what was put right, and the answers that can be put right here."""

    case_key: int
    case_number: str
    client: Client = field(repr=False)
    groups: tuple[DataGroup, ...]
    requests: tuple[DataRequest, ...] = field(repr=False)
    corrections: tuple[Correction, ...] = field(repr=False)
    answers: tuple[GivenAnswer, ...] = field(repr=False)
    #: the lists from which answers and corrections took their options
    choices: Mapping[str, Sequence[Option]]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerToCorrect:
    """One answer of the page with what its question needs from outside; `around.documents` are the files of it."""

    page: CaseRights
    given: GivenAnswer
    around: Around


def own_pairs(sight: Sight) -> frozenset[tuple[DataGroup, str]]:
    """Return the (data group, controller) pairs that the viewer sees as their own."""
    return frozenset(pair for pair, decision in sight.decisions.items() if decision.ground in OWN)


def case_rights(uow: UnitOfWork, *, case_key: int, actor: Actor, now: datetime) -> CaseRights:
    """
    Return what the page shows, and log what is read.

    :raises NotFound: no such case
    :raises Concealed: the client is not served in the actor's own register
    """
    sight = sight_of_case(uow, case_key=case_key, actor=actor, now=now)
    basic = sight.groups.get(DataGroup.BASIC)
    if basic is None or basic.ground is not Ground.OWN_REGISTER:
        raise Concealed("case", case_key, case_key=case_key)
    own = own_pairs(sight)
    groups = {group for group, _ in own}
    with uow.care.seen_by(actor, now=now):
        client = uow.care.clients.get(sight.case.client_key)
        kept_answers = uow.care.answers.history(case_key, visible=own)
    forms = KnownForms(uow)
    answers = [found for kept in kept_answers if kept.is_latest and (found := _given(forms, kept)) is not None]
    log_reading(uow, sight=sight, actor=actor, groups=groups, purpose=f"case:{case_key}", now=now)
    return CaseRights(
        case_key=case_key,
        case_number=sight.case.number,
        client=client,
        groups=tuple(group for group in DataGroup if group in groups),
        requests=tuple(
            request
            for request in uow.data_rights.of_client(client.key)
            if request.case_key == case_key and request.data_group in groups
        ),
        corrections=tuple(uow.data_rights.corrections(case_key, groups=frozenset(groups))),
        answers=tuple(answers),
        choices=choices_of_fields(uow, [each.asked for each in answers], area_id=sight.case.area_id),
    )


def answer_to_correct(
    uow: UnitOfWork, *, case_key: int, answer_key: int, actor: Actor, now: datetime
) -> AnswerToCorrect:
    """
    Return the answer with its question, and log what is read.

    :raises NotFound: no such case, or no such answer that can be put right in it
    :raises Concealed: the client is not served in the actor's own register
    """
    page = case_rights(uow, case_key=case_key, actor=actor, now=now)
    given = next((each for each in page.answers if each.kept.key == answer_key), None)
    if given is None:
        raise NotFound("answer", answer_key)
    documents = _files(uow, case_key, given) if given.asked.type is FieldType.FILE else {}
    return AnswerToCorrect(page=page, given=given, around=Around(now=now, choices=page.choices, documents=documents))


def _files(uow: UnitOfWork, case_key: int, given: GivenAnswer) -> dict[str, StoredFile]:
    """Return the files of the answer as they are kept in the case, by the keys of their documents."""
    wanted = {each["sha256"] for each in given.kept.answer.value}
    found: dict[str, StoredFile] = {}
    for document in uow.care.documents.of_case(case_key):
        if document.document_class == ATTACHMENT and document.sha256 in wanted:
            wanted.remove(document.sha256)
            key = str(document.key)
            found[key] = StoredFile(
                key=key,
                name=document.title,
                media_type=document.media_type,
                size=document.size,
                sha256=document.sha256,
            )
    return found


def _given(forms: KnownForms, kept: KeptAnswer) -> GivenAnswer | None:
    """Return the answer with its question, None where nothing was answered or it cannot be answered by itself."""
    if kept.answer.value in (None, "", []):
        return None
    found = forms.question(kept.answer)
    if found is None or not stands_alone(found[1]):
        return None
    return GivenAnswer(kept=kept, asked=found[1], form=found[0])
