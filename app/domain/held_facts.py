"""
Facts that the records of a case hold (no answers): the case itself, the client, consents, plan, measures.

Each function gives the facts of one kind of record by name; what is not known is null. `HELD` says which facts come
from which record, so that only records are read that an expression asks for.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from app.domain.access import Grant
from app.domain.client import Case, Client
from app.domain.consent import Consent, is_in_force, opens_now
from app.domain.measure import Measure
from app.domain.plan import Action, Plan
from app.domain.sharing import DataGroup


class Record(enum.Enum):
    """Where a fact comes from."""

    CASE = enum.auto()
    CLIENT = enum.auto()
    SUPPORT = enum.auto()
    FORMS = enum.auto()
    CONSENT = enum.auto()
    PLAN = enum.auto()
    MEASURES = enum.auto()


#: fact -> where it comes from; the birth date of `ika` is the client's
HELD: Mapping[str, Record] = {
    **dict.fromkeys(
        ("lahde", "palvelusuhde", "omistaja", "omistaja_rooli", "asiakasvastaava", "varahenkilo"), Record.CASE
    ),
    **dict.fromkeys(("ika", "turvakielto", "kieli", "tulkki", "viittomakieli", "edustaja_on"), Record.CLIENT),
    "tukihenkilo_on": Record.SUPPORT,
    "lomakkeet": Record.FORMS,
    **dict.fromkeys(("suostumus_id", "suostumus_voimassa", "suostumus_paattyy", "suostumus_tahot"), Record.CONSENT),
    **dict.fromkeys(("suunnitelma_id", "suunnitelma_hyvaksytty", "toimenpide_idt", "toimenpiteet"), Record.PLAN),
    "mittaukset": Record.MEASURES,
}
#: data groups of facts that are not of the basic group
GROUPS: Mapping[str, DataGroup] = {
    **{name: DataGroup.PLAN for name, record in HELD.items() if record is Record.PLAN},
    "mittaukset": DataGroup.MEASURE,
}


#: facts that forms ask too: the latest answer says more than the record
ASKED_TOO = frozenset({"lahde", "palvelusuhde", "turvakielto"})


def case_facts(case: Case) -> dict[str, Any]:
    """Return source, service relation, and who answers for the case: user keys as texts, as assignees are named."""
    return {
        "lahde": case.source or None,
        "palvelusuhde": case.service_relation or None,
        "omistaja": _key(case.owner_key),
        "omistaja_rooli": case.owner_role or None,
        "asiakasvastaava": _key(case.coordinator_key),
        "varahenkilo": _key(case.deputy_key),
    }


def client_facts(client: Client) -> dict[str, Any]:
    """Return how the client is to be served; nothing that says who they are."""
    return {
        "turvakielto": client.needs.protected_address,
        "kieli": client.needs.language,
        "tulkki": client.needs.interpreter,
        "viittomakieli": client.needs.sign_language,
        "edustaja_on": bool(client.identity.representative),
    }


def consent_facts(
    latest: Consent | None, grants: Iterable[Grant], *, organisation_types: Mapping[str, str], at: datetime
) -> dict[str, Any]:
    """
    Return whether there is a consent to share on (X13), until when (the last day), and to whom.

    `latest` is the latest decision of the case, `grants` are all of it, `organisation_types` the kinds by id.
    """
    live = opens_now(grants, at=at)
    return {
        "suostumus_id": _key(latest.key if latest else None),
        "suostumus_voimassa": is_in_force(latest, live, at=at),
        "suostumus_paattyy": latest.ends_on if latest and latest.decision.opens else None,
        "suostumus_tahot": sorted({organisation_types.get(grant.organisation_id, "") for grant in live} - {""}),
    }


def plan_facts(plan: Plan | None) -> dict[str, Any]:
    """
    Return the plan in force and its actions.

    `toimenpide_idt` are those of the plan in force; `toimenpiteet` also has those that were replaced, because what
    waits for them still asks for them.
    """
    actions = plan.actions if plan else ()
    return {
        "suunnitelma_id": _key(plan.key if plan else None),
        "suunnitelma_hyvaksytty": plan is not None,
        "toimenpide_idt": [str(action.key) for action in actions],
        "toimenpiteet": [_action(action) for action in (*actions, *(plan.dropped if plan else ()))],
    }


def measure_facts(measures: Iterable[Measure]) -> dict[str, Any]:
    """Return the measures that may be used, the oldest first."""
    usable = sorted((measure for measure in measures if measure.may_be_used), key=lambda each: each.measured_on)
    return {
        "mittaukset": [{"kerta": measure.occasion, "pvm": measure.measured_on, **measure.scores} for measure in usable]
    }


def _action(action: Action) -> dict[str, Any]:
    return {
        "id": str(action.key),
        "palvelu": action.service_id,
        "vastuuorg": action.organisation_id,
        "vastuuhenkilo": None if action.is_clients_own else _key(action.person_key),
        "alkaa": action.starts_on,
        "valmis_viimeistaan": action.ends_on,
        "tarkistus_pvm": action.review_on,
        "toistaiseksi": action.until_further_notice,
        "rinnakkain": action.parallel,
        "edeltaja": _key(action.predecessor_key),
        "tila": str(action.state),
    }


def _key(key: int | None) -> str | None:
    return None if key is None else str(key)
