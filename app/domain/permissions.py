"""What each role may read: the permission letters of domain.md 2.2."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.domain.sharing import DataGroup

EVERY_GROUP = frozenset(DataGroup)
NO_GROUP: frozenset[DataGroup] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Permissions:
    """
    The letters of one role, read.

    A letter with a group in brackets opens that group only. Who the client is (`perustiedot`) always goes with it:
    nobody can serve a person without knowing whom.
    """

    #: O: data of the own organisation about its own clients
    own: frozenset[DataGroup] = NO_GROUP
    #: S: data of others, when a consent covers the role's organisation
    shared: frozenset[DataGroup] = NO_GROUP
    #: S(own referral): only what belongs to a referral that the person sent
    own_referral: bool = False
    #: P: the plan, read and write
    plan: bool = False
    #: P(oma): only the own measures and the common goals of the plan
    plan_own_part: bool = False
    #: D: makes the decision; the decisions or forms that the brackets name, empty = none
    decides: frozenset[str] = frozenset()
    #: K: brings and answers anonymous consultation items
    consults: bool = False
    #: L: reads the access log
    reads_access_log: bool = False


_LETTER = re.compile(r"([OSPDKL])(?:\(([^)]*)\))?")


def read_permissions(letters: str) -> Permissions:
    """
    Return the permissions that the letters say, e.g. "O(terveys),S,P,K"; "-" and other words give nothing.

    A bracket of P, K or L that is not foreseen gives nothing either: the client's own `L(oma)` is no right of a role.

    :raises ValueError: a bracket of O or S names something that is no data group
    """
    found: dict[str, str | None] = {
        match[1]: match[2] for part in _split(letters) if (match := _LETTER.fullmatch(part)) is not None
    }
    own_referral = found.get("S") == "oma lähete"
    return Permissions(
        own=_groups(found, "O"),
        shared=EVERY_GROUP if own_referral else _groups(found, "S"),
        own_referral=own_referral,
        plan="P" in found and not found["P"],
        plan_own_part=found.get("P") == "oma",
        decides=frozenset((found.get("D") or "").split()),
        consults="K" in found,
        reads_access_log="L" in found and not found["L"],
    )


def _split(letters: str) -> list[str]:
    return [part.strip() for part in re.split(r",(?![^(]*\))", letters)]


def _groups(found: dict[str, str | None], letter: str) -> frozenset[DataGroup]:
    if letter not in found:
        return NO_GROUP
    brackets = found[letter]
    if not brackets:
        return EVERY_GROUP
    return frozenset({DataGroup.BASIC, *(DataGroup(group.strip()) for group in brackets.split(","))})


#: domain.md 2.2; roles that are not here, and the clients' own roles, open nothing by letter
ROLE_LETTERS = {
    "r_ajanvaraaja": "O(perustiedot)",
    "r_palveluohjaaja": "O,S,P,K,D(dmn_riittava_tuki)",
    "r_tiimikoordinaattori": "S,P",
    "r_fasilitaattori": "K",
    "r_sosiaalityontekija": "O,S,P,K",
    "r_sosiaaliohjaaja": "O,S,P,K",
    "r_terveydenhoitaja": "O(terveys),S,P,K",
    "r_sairaanhoitaja": "O(terveys),S,P,K",
    "r_laakari": "O(terveys),S,P,D(lausunto)",
    "r_psykiatria": "O(terveys),S",
    "r_kela_ratkaisu": "S(etuus),P,K",
    "r_asiakasvastaava_te": "O(tyollisyys),S,P,K",
    "r_kuntoutusohjaaja": "S,P,K",
    "r_asiakasvastaava": "S,P,D(f_sulkeminen)",
    "r_tyokykykoordinaattori": "O,S,P,K",
    "r_tyohonvalmentaja": "S,P",
    "r_tyoterveys": "O(terveys),S,P",
    "r_rise_tyontekija": "O,S(oma lähete)",
    "r_eskoo_asiantuntija": "O,S(perustiedot),P(oma)",
    "r_kuntoutustutkimus": "S(perustiedot),P(oma)",
    "r_tyoelake_asiantuntija": "S(perustiedot),P(oma)",
    "r_vammaispalvelu": "O,S,P,K",
    "r_mt_ammattilainen": "O(terveys),S,P(oma)",
    "r_erikoissairaanhoito": "O(terveys),S,P(oma)",
    "r_nuorten_palvelut": "O,S(perustiedot),P(oma)",
    "r_koulutus": "S(perustiedot),P(oma)",
    "r_jarjesto": "S(perustiedot),P(oma)",
    "r_palveluntuottaja": "S(perustiedot),P(oma)",
    "r_tyonantaja": "P(oma)",
    "r_vakuutusyhtio": "S(perustiedot),P(oma)",
    "r_typ_tym": "S(perustiedot),P(oma)",
    "r_tulkki": "-",
    "r_tukihenkilo": "-",
    "r_lahettaja": "S(oma lähete)",
    "r_asiakasraati": "-",
    "r_esihenkilo": "-",
    "r_kehittaja": "-",
    "r_tietosuojavastaava": "L",
    "r_yllapitaja": "-",
    # not of domain.md 2.2: whoever draws and publishes the pathways (reliability.md 8.1)
    "r_prosessinomistaja": "-",
}

ROLE_PERMISSIONS = {role: read_permissions(letters) for role, letters in ROLE_LETTERS.items()}
