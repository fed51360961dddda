"""
Words that tell of an offence: what a referral of the Prison and Probation Service must not say (domain.md R-25).

Data on criminal matters (GDPR art. 10) is never stored. The names of the authority and of its units are no offence.
A list of words is a help and no wall: the form says it, and the writer answers for the text.
"""

from __future__ import annotations

import re

#: beginnings of words; what may follow is an ending
_STEMS = (
    # Finnish
    r"rikos(?!seur)",
    r"rikok",
    r"rikolli",
    r"rikoste",
    r"tuomit",
    r"tuomio(?!istu)",
    r"vankeus",
    r"vankeut",
    r"pahoinpit",
    r"tappo(?:i|n|a|\b)",
    r"murha",
    r"raiska",
    r"ryöst",
    r"varka",
    r"varast",
    r"petok",
    r"petos",
    r"kavallu",
    r"rattijuop",
    r"vahingonteo",
    r"sakko",
    r"syyllist",
    # Swedish
    r"brott(?!spåföljd)",
    r"brottsling",
    r"dömd",
    r"döms\b",
    r"fängelsestraff",
    r"misshand",
    r"dråp",
    r"mord(?:et|försök)?\b",
    r"våldt",
    r"stöld",
    r"bedrägeri",
    r"rattfyll",
    # English
    r"offence",
    r"offend",
    r"crime",
    r"crimin",
    r"convict",
    r"sentenced",
    r"assault",
    r"manslaughter",
    r"murder",
    r"rape[ds]?\b",
    r"robber",
    r"theft",
    r"stole",
    r"fraud",
    r"drunk driving",
)
_OFFENCE = re.compile(rf"(?<![^\W\d_])(?:[^\W\d_]*(?:rikos(?!seur)|rikok)|{'|'.join(_STEMS)})", re.IGNORECASE)


def tells_of_offence(text: str) -> bool:
    """Tell whether the text has a word of an offence, also as the end of a compound ("huumausainerikos")."""
    return _OFFENCE.search(text) is not None
