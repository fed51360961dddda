"""
Rounds of anonymous questions, and the links by which they are answered (docs/decisions/0080).

A link says which round it belongs to and nothing else. An answer says its round, and not who gave it, when, or what
the same person has answered to the other questions.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from app.domain.errors import KykypolkuError

#: feedback of clients (domain.md 3, P11 and P12) and the yearly evaluation by the staff (P18)
FEEDBACK_FORM, EVALUATION_FORM = "f_asiakaspalaute", "f_loppuarviointi"
#: a link of a month's feedback is good until so many days after the month
FEEDBACK_DAYS = 14


class AnswerLinkDead(KykypolkuError):
    """The link is none, its answer has been given, or its round is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """
    A round: which form, for which area ("" = all), from which day, and the first day on which nobody answers any more.

    `closed` once its links are forgotten; only then is anything counted, because numbers that grow by one would tell
    what the latest answer was. `invited` and `answered` are numbers of links sent and used.
    """

    key: int
    form_id: str
    area_id: str
    opens_on: date
    closes_on: date
    closed: bool
    invited: int
    answered: int

    def is_open(self, *, on: date) -> bool:
        """Tell whether somebody may still answer on that day."""
        return not self.closed and on < self.closes_on


def feedback_round(day: date) -> tuple[date, date]:
    """Return when the round of feedback that is asked for on the day opens and closes: a month, and two weeks more."""
    first = day.replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    return first, following + timedelta(days=FEEDBACK_DAYS)


def evaluation_round(day: date, *, days: int) -> tuple[date, date]:
    """Return when a round of evaluation that begins on the day opens and closes: the last of its days counts whole."""
    return day, day + timedelta(days=days + 1)
