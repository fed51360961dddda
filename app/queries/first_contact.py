"""What somebody who is no client yet sees before they ask to be called: the municipalities, and the area's form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.domain.client_sessions import ClientSession, Method
from app.domain.first_contact import CALL_LIMIT, Municipality
from app.domain.forms import FormDefinition
from app.domain.localized import LocalizedText
from app.engine.forms import Around
from app.published import around_form, first_contact_of, form_of, municipalities_of, takes_first_contacts
from app.storage.unit_of_work import UnitOfWork

_COUNTY, _ON_CALL = "hyvinvointialue", "paivystysnumero"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactPage:
    """
    The form of the municipality's area and what is to be known before it is sent.

    `form` is None where the area takes no contacts over the network. `working_days`: within how many somebody calls,
    None where nobody has set it.
    """

    municipality: Municipality
    form: FormDefinition | None
    around: Around
    county: LocalizedText
    unit_name: LocalizedText
    on_call: str
    working_days: int | None


def first_contact_open(uow: UnitOfWork) -> bool:
    """Tell whether some area takes first contacts over the network."""
    return takes_first_contacts(uow)


def contact_municipalities(uow: UnitOfWork) -> list[Municipality]:
    """Return the municipalities that can be chosen, also those whose area takes no contacts here: it is said."""
    return municipalities_of(uow)


def contact_page(uow: UnitOfWork, *, municipality: str, now: datetime) -> ContactPage | None:
    """Return what the page shows for the municipality, None where there is no such."""
    found = next((each for each in municipalities_of(uow) if each.id == municipality), None)
    if found is None:
        return None
    contact = first_contact_of(uow, municipality)
    context = uow.reference.context({f"alue.{_COUNTY}", f"alue.{_ON_CALL}", CALL_LIMIT}, area_id=found.area_id)
    form = None if contact is None else form_of(uow, contact.definition_key, contact.form_id)
    return ContactPage(
        municipality=found,
        form=form,
        around=Around(now=now)
        if form is None
        else around_form(uow, form, case_key=None, area_id=found.area_id, now=now),
        county=context["alue"][_COUNTY] or {},
        unit_name=uow.care.places.unit_name(contact.unit_id) if contact is not None else {},
        on_call=context["alue"][_ON_CALL] or "",
        working_days=context[CALL_LIMIT],
    )


def code_of_returning(uow: UnitOfWork, *, session: ClientSession) -> str:
    """
    Return the identity code of a client who may make contact anew: signed in strongly for themselves, no case open.

    "" for everybody else. The code is not shown; it goes back to their own browser only, sealed.
    """
    if session.method is not Method.STRONG or session.mandate is not None:
        return ""
    if any(case.is_open for case in uow.care.cases.of_client(session.client_key)):
        return ""
    return uow.care.clients.get(session.client_key).identity.identity_code
