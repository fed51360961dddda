"""What of a case's answers goes to an organisation that the client has named: composed per recipient (X12, R-04)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from app.domain.access import Grant
from app.domain.masking import is_masked_service, shown_answer, shown_measure_state
from app.domain.sharing import DataGroup, Limit, Opening, cell

#: of the plan, what every party of it may know: the common goals
COMMON_GOALS = frozenset({"tavoite_tyoura", "tavoite_muut"})
#: the actions of the plan, and the changes of them that a meeting agreed on
ACTIONS, CHANGES = "toimenpiteet", "suunnitelman_muutokset"
#: what is left of an action, or of a change of one, whose service is masked
OF_MASKED_ACTION = frozenset({"palvelu", "vastuuorg", "alkaa", "valmis_viimeistaan", "tarkistus_pvm", "tila", "muutos"})
#: what a change of an action is, and those that say how it ended: the codes of its states
_CHANGE, _ENDS = "muutos", {"valmis": "valmis", "keskeytyy": "keskeytynyt"}


#: document class of files that somebody attached to a form, and of those that a correction has set aside (R-21)
ATTACHMENT = "liite"
SET_ASIDE = "liite_oikaistu"
_DISCLOSED = "luovutus:"


def disclosed_to(organisation_id: str) -> str:
    """Return the document class of what was composed for the organisation."""
    return f"{_DISCLOSED}{organisation_id}"


def may_open_document(
    document_class: str, *, controller_organisation_id: str, organisation_id: str, masked: bool
) -> bool:
    """
    Tell whether a document may be opened by somebody who may see all of its data groups.

    What was composed for one party is no other party's. `masked`: of one of the groups they may see their own part
    only, and no other document is cut to that. What a correction has set aside is opened by nobody any more; it stands
    in the client's copy of everything.
    """
    if document_class == SET_ASIDE:
        return False
    if document_class.startswith(_DISCLOSED):
        return organisation_id == controller_organisation_id or document_class == disclosed_to(organisation_id)
    return not masked


def may_be_given(
    *, group: DataGroup, controller_organisation_id: str, organisation_id: str, organisation_type: str
) -> bool:
    """
    Tell whether a whole answer of the group may be given to the organisation on a consent.

    Summaries and statements are documents of their own and no answers; what is only ever the organisation's own
    register (oma) comes from no other one.
    """
    column = cell(organisation_type=organisation_type, data_group=group)
    if column.limit in (Limit.SUMMARIES, Limit.STATEMENTS):
        return False
    own = Opening.OWN in column.opening and controller_organisation_id == organisation_id
    return Opening.CONSENT in column.opening or own


def granted_groups(grants: Collection[Grant], organisation_id: str) -> frozenset[DataGroup]:
    """Return the groups that the live grants given open to the organisation."""
    return frozenset(grant.data_group for grant in grants if grant.organisation_id == organisation_id)


def given_answer(field: str, value: Any, *, group: DataGroup, organisation_id: str, organisation_type: str) -> Any:
    """
    Return what of the answer the organisation gets; None: nothing.

    Of the plan some get the common goals and their own actions only; services that say what somebody suffers from are
    told to social and health care only.
    """
    column = cell(organisation_type=organisation_type, data_group=group)
    own_part = group is DataGroup.PLAN and column.limit is Limit.OWN_PART
    if field in (ACTIONS, CHANGES) and isinstance(value, list):
        rows = [row for row in value if not own_part or row.get("vastuuorg") == organisation_id]
        return shown_actions(rows, organisation_type=organisation_type) or None
    if own_part and field not in COMMON_GOALS:
        return None
    return shown_answer(field, value, organisation_type=organisation_type)


def shown_actions(rows: Collection[Mapping[str, Any]], *, organisation_type: str) -> list[dict[str, Any]]:
    """
    Return the rows of actions, or of changes of them, as the organisation may see them.

    Of a masked service nothing says what it is. That an action is to end is left out for who may not know how (R-26).
    """
    return [
        _shown_action(row, organisation_type=organisation_type)
        for row in rows
        if not _tells_of_end(row, organisation_type=organisation_type)
    ]


def _tells_of_end(row: Mapping[str, Any], *, organisation_type: str) -> bool:
    state = _ENDS.get(row.get(_CHANGE, ""))
    return state is not None and shown_measure_state(state, organisation_type=organisation_type) != state


def _shown_action(row: Mapping[str, Any], *, organisation_type: str) -> dict[str, Any]:
    masked = is_masked_service(str(row.get("palvelu") or ""), organisation_type=organisation_type)
    kept = {name: value for name, value in row.items() if not masked or name in OF_MASKED_ACTION}
    shown = {name: shown_answer(name, value, organisation_type=organisation_type) for name, value in kept.items()}
    return {name: value for name, value in shown.items() if value is not None}
