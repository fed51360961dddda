"""What a scenario says is known before it begins, written into the database as the product would have written it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from app.domain.answers import RecordAnswer
from app.domain.client import Identity, ServiceNeeds
from app.domain.consent import grants_of, read_consent
from app.domain.forms import RecordKind, RecordTarget
from app.domain.keys import new_key
from app.domain.measure import read_measure
from app.domain.plan import read_plan
from app.domain.sharing import DataGroup

AREA = "keski_suomi"
#: what a scenario's consent says where it says nothing else
CONSENT = {"paatos": "annettu", "tapa": "kirjallinen", "tietoryhmat": ["perustiedot", "suunnitelma"]}


def with_people(value: Any, keys: Mapping[str, int]) -> Any:
    """Put the key of a person in the place of each user name."""
    if isinstance(value, str):
        return str(keys[value]) if value in keys else value
    if isinstance(value, list):
        return [with_people(each, keys) for each in value]
    return {key: with_people(each, keys) for key, each in value.items()} if isinstance(value, dict) else value


def open_case(
    uow: Any, known: Mapping[str, Any], *, owner: str, people: Mapping[str, int], now: Any, area: str = AREA
) -> int:
    """Open a case with what is known, owned by the person unless it says another, and return its key."""
    client = dict(known.get("client", {}))
    born = client.get("birth_date")
    worker = uow.accounts.actor_of(owner)
    needs = {name: client[name] for name in ("language", "sign_language", "interpreter") if name in client}
    added = uow.care.clients.add(
        key=new_key(),
        identity=Identity(
            name=client.get("name", "Matti Esimerkki"),
            birth_date=date.fromisoformat(str(born)) if born else None,
            email=client.get("email", "matti@esimerkki.invalid"),
            representative=client.get("representative", ""),
        ),
        needs=ServiceNeeds(protected_address=bool(client.get("protected_address")), **needs),
        area_id=area,
        controller_organisation_id=worker.organisation_id,
        now=now,
    )
    case = uow.care.cases.add(
        key=new_key(),
        client_key=added.key,
        area_id=area,
        controller_organisation_id=worker.organisation_id,
        unit_id=worker.unit_id,
        owner_key=people.get(known.get("owner", owner)),
        now=now,
    )
    if known.get("coordinator") or known.get("deputy"):
        uow.care.cases.give(
            case.key,
            owner_key=case.owner_key,
            coordinator_key=people.get(known.get("coordinator", "")),
            deputy_key=people.get(known.get("deputy", "")),
        )
    for form_id, answers in {"scenario": known.get("answers", {}), **known.get("forms", {})}.items():
        _answer(uow, case, form_id, with_people(answers, people), now)
    _records(uow, case, with_people(dict(known), people), now)
    return int(case.key)


def _answer(uow: Any, case: Any, form_id: str, answers: Mapping[str, Any], now: Any) -> None:
    records = [
        RecordAnswer(
            target=RecordTarget(RecordKind.ANSWER), key=key, value=value, fact=value, data_group=DataGroup.BASIC
        )
        for key, value in answers.items()
    ]
    uow.care.answers.add(
        case.key,
        records,
        form_id=form_id,
        controller_organisation_id=case.controller_organisation_id,
        task_key=None,
        answered_by=None,
        now=now,
    )


def _records(uow: Any, case: Any, known: Mapping[str, Any], now: Any) -> None:
    controller = case.controller_organisation_id
    if "consent" in known:
        said = CONSENT | {"voimassa_asti": (now + timedelta(days=365)).date()} | known["consent"]
        given = read_consent(said, key=new_key(), case_key=case.key, now=now)
        types = uow.care.consents.organisation_types(given.parties)
        uow.care.consents.add(given, grants_of(given, organisation_types=types))
    if "plan" in known:
        said = {"toimenpiteet": known["plan"], "asiakkaan_hyvaksynta": "hyvaksyn"}
        plan = read_plan(said, key=new_key(), case_key=case.key, earlier=None, new_key=new_key, now=now)
        uow.care.plans.add(plan, controller_organisation_id=controller)
    for measure in known.get("measures", ()):
        measured = read_measure(measure, key=new_key(), case_key=case.key)
        uow.care.measures.add(measured, controller_organisation_id=controller, now=now)
