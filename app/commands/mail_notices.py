"""Tell people before their tasks are due, and find out which notices are to be told by mail."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.commands.prepare_notification import county_name
from app.domain.localized import LANGUAGES, LocalizedText
from app.domain.notices import BEFORE_DUE, NoticeMail, digest_after, wanted_mail
from app.storage.notices import WaitingMail
from app.storage.unit_of_work import UnitOfWork

#: notices in one transaction
AT_ONCE = 200
#: a mail that nobody has said to be gone is tried again after this, so often
TRY_AGAIN_AFTER = timedelta(minutes=10)
MOST_TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticesToMail:
    """One mail to one person, about these notices; it says that there is something and nothing else."""

    keys: tuple[int, ...]
    address: str = field(repr=False)
    language: str
    county: LocalizedText


def tell_due(uow: UnitOfWork, *, now: datetime, limit: int = AT_ONCE) -> int:
    """Tell the holders of up to `limit` tasks that they are due within a day, each once; return how many."""
    found = uow.notices.due_soon(now=now, until=now + BEFORE_DUE, limit=limit)
    uow.notices.add_due(found, now=now)
    return len(found)


def take_notice_mails(uow: UnitOfWork, *, now: datetime, limit: int = AT_ONCE) -> list[NoticesToMail]:
    """
    Return the mails that are to go out now, each person's notices in one, and lease them to the caller.

    Who wants none, has read it meanwhile, has left or has no address gets none; who wants one mail a day waits for the
    morning. What is not settled within the lease is tried again, with the same Message-ID; after `MOST_TRIES` that is
    given up, which the monitor shows.
    """
    county = {language: county_name(uow, area_id="", language=language) for language in LANGUAGES}
    done: list[int] = []
    given_up: list[int] = []
    later: dict[datetime, list[int]] = {}
    taken: dict[int, list[WaitingMail]] = {}
    for waiting in uow.notices.waiting_for_mail(now=now, limit=limit):
        wanted = wanted_mail(waiting.settings)
        is_over = waiting.is_read or waiting.disabled or not waiting.address
        if is_over or wanted is NoticeMail.NONE:
            done.append(waiting.key)
        elif waiting.tries >= MOST_TRIES:
            given_up.append(waiting.key)
        elif wanted is NoticeMail.DIGEST and now < digest_after(waiting.at):
            later.setdefault(digest_after(waiting.at), []).append(waiting.key)
        else:
            taken.setdefault(waiting.user_key, []).append(waiting)
    uow.notices.put_off_mail(done, until=None, tried=False)
    uow.notices.give_up_mail(given_up, now=now)
    for until, keys in later.items():
        uow.notices.put_off_mail(keys, until=until, tried=False)
    mails = [
        NoticesToMail(
            keys=tuple(sorted(each.key for each in found)),
            address=found[0].address,
            language=found[0].language,
            county=county,
        )
        for found in taken.values()
    ]
    leased = [key for mail in mails for key in mail.keys]
    uow.notices.put_off_mail(leased, until=now + TRY_AGAIN_AFTER, tried=True)
    return mails


def settle_notice_mail(uow: UnitOfWork, *, keys: Collection[int]) -> None:
    """Note that the mail about these notices has gone."""
    uow.notices.put_off_mail(keys, until=None, tried=False)


def give_up_notice_mail(uow: UnitOfWork, *, keys: Collection[int], now: datetime) -> None:
    """Note that the mail about these notices can never go, which the monitor shows."""
    uow.notices.give_up_mail(keys, now=now)
