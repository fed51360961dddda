"""What is shown beside a form: earlier forms of the case as far as access allows, and reference data (rule X11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.domain.actor import Actor
from app.domain.answers import gather
from app.domain.disclosure import ACTIONS, CHANGES, shown_actions
from app.domain.errors import NotFound
from app.domain.forms import FormDefinition, Option, OptionSource
from app.domain.keys import parse_key
from app.domain.localized import LocalizedText
from app.domain.masking import shown_answer
from app.domain.sharing import DataGroup
from app.domain.steps import ElementOutline
from app.published import choices_of, form_of
from app.queries.access import Sight
from app.storage.unit_of_work import UnitOfWork

FORMS = "kyky.besideForms"
REFERENCE = "kyky.besideReference"
SELF_FILLED = "kyky.selfFilled"
_ON_CALL = "paivystysnumero"


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierForm:
    """What was answered on another form; only answers that the viewer may see are here."""

    form: FormDefinition
    values: Mapping[str, Any] = field(repr=False)
    answered_at: datetime
    #: what the keys of people, organisations, roles and services in the answers are called
    choices: Mapping[str, Sequence[Option]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceRow:
    """What a row is called and what is said of it ({} where nothing is)."""

    name: LocalizedText
    description: LocalizedText


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceList:
    """Rows of reference data of one kind."""

    kind: str
    rows: tuple[ReferenceRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What stands beside the form; `read` are the data groups that something is shown of."""

    forms: tuple[EarlierForm, ...] = ()
    lists: tuple[ReferenceList, ...] = ()
    read: frozenset[DataGroup] = frozenset()


def beside_form(
    uow: UnitOfWork,
    *,
    element: ElementOutline | None,
    definition_key: int,
    area_id: str,
    sight: Sight | None,
    actor: Actor,
) -> Beside:
    """
    Return the forms and lists that the task's properties name.

    Answers of hidden groups are never decrypted, others are masked as the actor may see them; a form that nobody has
    filled in is left out.
    """
    if element is None:
        return Beside()
    forms: list[EarlierForm] = []
    read: set[DataGroup] = set()
    for form_id in _ids(element, FORMS) if sight is not None and sight.visible else ():
        form = form_of_case(uow, definition_key, form_id)
        if form is None or sight is None:
            continue
        keys = {".".join(path) for path, _ in form.walk()}
        answers = uow.care.answers.latest(sight.case.key, fields=keys, visible=sight.visible)
        shown = {key: _shown(key, answer.value, actor) for key, answer in answers.items()}
        given = {key: value for key, value in shown.items() if value is not None}
        asked_anew = {each.key: given[each.key] for each in form.fields if each.ask_again and each.key in given}
        known = gather(form, answers=given)
        values = known | asked_anew
        # red flags are asked on many forms: they alone do not make this one filled in
        if values and (known or form_id in uow.care.answers.form_ids(sight.case.key)):
            forms.append(
                EarlierForm(
                    form=form,
                    values=values,
                    answered_at=max(answer.answered_at for answer in answers.values()),
                    choices=choices_to_read(uow, form, values, area_id=area_id),
                )
            )
            read |= {answer.data_group for answer in answers.values() if answer.data_group is not None}
    return Beside(forms=tuple(forms), lists=_lists(uow, element, area_id), read=frozenset(read))


def choices_to_read(
    uow: UnitOfWork, form: FormDefinition, values: Mapping[str, Any], *, area_id: str
) -> dict[str, Sequence[Option]]:
    """Return the options by which the answers are read; people are named as they were, also those who have left."""
    choices = choices_of(uow, form, area_id=area_id)
    if OptionSource.USERS in choices:
        rows = [values, *(row for value in values.values() if isinstance(value, list) for row in value)]
        written = {str(value) for row in rows if isinstance(row, Mapping) for value in row.values()}
        keys = {key for text in written if (key := parse_key(text)) is not None}
        choices[OptionSource.USERS] = [
            Option(str(key), {"fi": name}) for key, name in uow.accounts.names_of(keys).items()
        ]
    return choices


def _shown(key: str, value: Any, actor: Actor) -> Any:
    """Return the answer as the actor may see it; clients see their own as they are."""
    if actor.client_key is not None:
        return value
    if key in (ACTIONS, CHANGES) and isinstance(value, list):
        return shown_actions(value, organisation_type=actor.organisation_type)
    return shown_answer(key.rpartition(".")[2], value, organisation_type=actor.organisation_type)


def on_call_number(uow: UnitOfWork, *, element: ElementOutline | None, area_id: str) -> str | None:
    """Return the area's on-call number where the client fills the form in, "" where none is set; else None."""
    if element is None or element.properties.get(SELF_FILLED) != "true":
        return None
    return area_on_call_number(uow, area_id=area_id)


def area_on_call_number(uow: UnitOfWork, *, area_id: str) -> str:
    """Return the area's on-call number, "" where none is set."""
    return str(uow.reference.context([f"alue.{_ON_CALL}"], area_id=area_id)["alue"].get(_ON_CALL) or "")


def _ids(element: ElementOutline, name: str) -> Sequence[str]:
    return [text.strip() for text in element.properties.get(name, "").split(",") if text.strip()]


def form_of_case(uow: UnitOfWork, definition_key: int, form_id: str) -> FormDefinition | None:
    """Return the form of this version of the process, else of the newest process that has it."""
    definitions = [definition_key, *(line.key for line in uow.monitor.definitions(latest_only=True))]
    for key in dict.fromkeys(definitions):
        try:
            return form_of(uow, key, form_id)
        except NotFound:
            continue
    # a form that comes with a pathway not published yet
    return None


def _lists(uow: UnitOfWork, element: ElementOutline, area_id: str) -> tuple[ReferenceList, ...]:
    return tuple(
        ReferenceList(
            kind=kind,
            rows=tuple(
                ReferenceRow(name=value["name"], description=value.get("description") or {})
                for value in rows.values()
                if "name" in value
            ),
        )
        for kind in _ids(element, REFERENCE)
        if (rows := uow.reference.values(kind, area_id=area_id))
    )
