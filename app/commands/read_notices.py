"""Note that somebody has seen what was brought to their notice; choose how they are told by mail."""

from __future__ import annotations

from datetime import datetime

from app.domain.actor import Actor
from app.domain.errors import InvalidInput, NotAllowed, Problem
from app.domain.notices import MAIL_SETTING, NoticeMail
from app.domain.sessions import SignedIn
from app.storage.unit_of_work import UnitOfWork


def read_notices(uow: UnitOfWork, *, actor: Actor, now: datetime, task_key: int | None = None) -> int:
    """
    Mark the actor's notices of the task, or all of them, as read; return how many were new.

    :raises NotAllowed: the actor is no person at work
    """
    if actor.user_key is None or actor.client_key is not None:
        raise NotAllowed("notices")
    return uow.notices.mark_read(actor.user_key, task_key=task_key, now=now)


def choose_notice_mail(uow: UnitOfWork, *, signed_in: SignedIn, choice: str, now: datetime) -> None:
    """
    Keep how the person wants to be told by mail.

    :raises InvalidInput: there is no such choice
    """
    if choice not in list(NoticeMail):
        raise InvalidInput([Problem("required", place="notice_mail")])
    account = uow.accounts.get(signed_in.account.key)
    uow.accounts.change_settings(
        account.key, language=account.language, settings={**account.settings, MAIL_SETTING: choice}
    )
    uow.audit.add(
        actor=signed_in.actor,
        action="notice_mail_chosen",
        subject="user",
        subject_key=account.key,
        details={"choice": choice},
        now=now,
    )
