"""
Which data group can open to which kind of organisation at all, and how: the table `dmn_tietojen_jako`.

The table is the outermost wall (domain.md 6, R-04): a role's letters and a client's consent open only what the table
lets through. It is code and not editable data, because a slip of the pen here would be a breach of secrecy.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


class DataGroup(enum.StrEnum):
    """Class of data by which consent, access and documents are composed (tietoryhmä)."""

    BASIC = "perustiedot"
    EMPLOYMENT = "tyollisyys"
    BENEFITS = "etuus"
    SOCIAL = "sosiaali"
    HEALTH = "terveys"
    FUNCTIONAL_SUMMARY = "toimintakykykooste"
    MEASURE = "kykyviisari"
    PLAN = "suunnitelma"


class Opening(enum.Flag):
    """What may open a data group to an organisation."""

    NOTHING = 0
    #: the organisation keeps a register of its own in this group
    OWN = enum.auto()
    #: a consent that names the organisation and the group
    CONSENT = enum.auto()
    #: a statute that the reader names
    STATUTE = enum.auto()


class Limit(enum.StrEnum):
    """How much of the group opens."""

    WHOLE = "whole"
    #: only summaries written for sharing
    SUMMARIES = "summaries"
    #: only statements (lausunnot)
    STATEMENTS = "statements"
    #: of the plan: the own measures and the common goals
    OWN_PART = "own_part"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the table."""

    opening: Opening
    limit: Limit = Limit.WHOLE


_OPENINGS = {"oma": Opening.OWN, "lupa": Opening.CONSENT, "laki": Opening.STATUTE, "ei": Opening.NOTHING}
_LIMITS = {
    "": Limit.WHOLE,
    "kaikki": Limit.WHOLE,
    "koosteet": Limit.SUMMARIES,
    "lausunnot": Limit.STATEMENTS,
    "oma": Limit.OWN_PART,
}

#: columns in the order of DataGroup; "lupa:oma" is consent, own part only
_ROWS = {
    "o_sote_keskus": "oma/lupa lupa lupa/laki lupa/laki oma oma/lupa lupa lupa:kaikki",
    "o_sosiaali": "oma/lupa lupa lupa/laki oma lupa lupa lupa lupa:kaikki",
    "o_erikoissairaanhoito": "lupa/laki lupa lupa lupa laki lupa lupa lupa:oma",
    "o_tyoterveyshuolto": "oma/lupa lupa ei ei lupa lupa lupa lupa:kaikki",
    "o_tyollisyys": "oma/lupa oma lupa/laki lupa:koosteet ei lupa lupa lupa:kaikki",
    "o_kela": "oma/lupa lupa/laki oma lupa lupa/laki:lausunnot lupa lupa lupa:kaikki",
    "o_typ_tym": "lupa/laki lupa/laki lupa/laki ei ei lupa ei lupa:oma",
    "o_jarjesto": "lupa lupa ei ei ei lupa lupa lupa:oma",
    "o_rise": "lupa ei ei ei ei lupa ei lupa:oma",
    "o_tyonantaja": "lupa ei ei ei ei lupa ei lupa:oma",
    "o_koulutus": "lupa ei ei ei ei ei ei lupa:oma",
    "o_nuorten_palvelut": "lupa ei ei ei ei ei ei lupa:oma",
    "o_tyoelakelaitos": "lupa ei ei ei ei ei ei lupa:oma",
    "o_eskoo": "lupa ei ei ei ei ei ei lupa:oma",
    "o_palveluntuottaja": "lupa ei ei ei ei ei ei lupa:oma",
    "o_kuntoutustutkimus": "lupa ei ei ei ei ei ei lupa:oma",
    "o_vakuutusyhtio": "lupa ei ei ei ei ei ei lupa:oma",
}

#: health details never open to these, not even from a form of their own (domain.md 2.2, R-18)
NEVER_HEALTH = frozenset({"o_tyollisyys", "o_jarjesto", "o_rise", "o_tyonantaja"})

_CLOSED = Cell(Opening.NOTHING)


def _read(text: str) -> Cell:
    openings, _, limit = text.partition(":")
    opening = Opening.NOTHING
    for word in openings.split("/"):
        opening |= _OPENINGS[word]
    return Cell(opening, _LIMITS[limit])


_TABLE = {
    organisation_type: dict(zip(DataGroup, map(_read, row.split()), strict=True))
    for organisation_type, row in _ROWS.items()
}


def cell(*, organisation_type: str, data_group: DataGroup) -> Cell:
    """Return what may open the data group to that kind of organisation; nothing may for a kind that is not listed."""
    return _TABLE.get(organisation_type, {}).get(data_group, _CLOSED)
