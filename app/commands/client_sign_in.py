"""
How clients come in: a one-time link with a question that only they can answer, or strong sign-in.

What was wrong with a link is never told: one that never was, one that was used and one that is too old look alike.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.actor import Actor
from app.domain.client import Client
from app.domain.client_sessions import (
    FREE_FAILURES_OF_ADDRESS,
    LINK_ATTEMPTS,
    LINK_LIFETIME,
    STRONG_SIGN_IN_TIME,
    ClientSession,
    LinkDead,
    Mandate,
    Method,
    Person,
    Question,
    digest_of,
    is_answered,
    new_link_secret,
    question_for,
)
from app.domain.errors import InvalidInput, NotAllowed
from app.domain.identity_code import parse_identity_code
from app.domain.localized import LANGUAGES
from app.domain.sessions import SignInDelayed, wait_after
from app.storage.client_sessions import StrongSignIn
from app.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkQuestion:
    """What is asked behind a link, in the client's language."""

    question: Question
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkTry:
    """What became of a link: somebody is in, or the answer was wrong and may be given `left` times more."""

    asked: LinkQuestion
    is_in: bool
    left: int


def make_client_link(uow: UnitOfWork, *, client: Client, now: datetime) -> str:
    """
    Make a one-time link for the client and return its secret; "" where nothing is known that they could be asked.

    The secret is for the mail alone: nobody else ever sees it.
    """
    if question_for(client.identity) is None:
        return ""
    secret = new_link_secret()
    uow.client_sessions.add_link(
        digest=digest_of(secret), client_key=client.key, expires_at=now + LINK_LIFETIME, now=now
    )
    return secret


def ask_behind_link(uow: UnitOfWork, *, secret: str, now: datetime) -> LinkQuestion:
    """
    Return what whoever brings the link is asked; looking changes nothing, because mail programs look too.

    :raises LinkDead: nobody comes in by it
    """
    link = uow.client_sessions.lock_link(digest_of(secret))
    if link is None or not link.is_open(at=now):
        raise LinkDead
    return _asked(uow.care.clients.get(link.client_key))


def _asked(client: Client) -> LinkQuestion:
    question = question_for(client.identity)
    if question is None:
        # what was known when the link was made has been taken out since
        raise LinkDead
    return LinkQuestion(question=question, language=client.needs.document_language)


def failure_subject(*, address: str, key: bytes) -> str:
    """Return under which name tries with links from the address are counted; hashed with the key."""
    return hmac.new(key, f"link\0{address}".encode(), hashlib.sha256).hexdigest()


def use_client_link(
    uow: UnitOfWork, *, secret: str, answer: str, id_hash: str, replaces: str | None, subject: str, now: datetime
) -> LinkTry:
    """
    Let whoever brings the link and knows the answer in, once; a wrong answer is counted and returned, not raised.

    Each wrong try makes the next one from the same address wait longer, and the fifth ends the link.

    :raises LinkDead: nobody comes in by it; counted too
    :raises SignInDelayed: too many tries from this address; this one is not counted
    """
    known = uow.accounts.failures([subject]).get(subject)
    if (wait := wait_after(known, free=FREE_FAILURES_OF_ADDRESS, at=now)) > timedelta(0):
        raise SignInDelayed(wait)
    link = uow.client_sessions.lock_link(digest_of(secret))
    if link is None or not link.is_open(at=now):
        raise LinkDead
    client = uow.care.clients.get(link.client_key)
    asked = _asked(client)
    if not is_answered(client.identity, answer):
        uow.accounts.count_failure(subject, known, now=now)
        uow.client_sessions.count_attempt(link)
        _note(uow, "link_refused", client, None, now)
        return LinkTry(asked=asked, is_in=False, left=LINK_ATTEMPTS - link.attempts - 1)
    uow.client_sessions.use_link(link, now=now)
    if replaces:
        uow.client_sessions.end(replaces, now=now)
    uow.client_sessions.add(
        id_hash=id_hash,
        client_key=client.key,
        mandate=None,
        person_digest=None,
        method=Method.LINK,
        language=client.needs.document_language,
        created_at=now,
        now=now,
    )
    _note(uow, "client_signed_in", client, None, now, method=Method.LINK)
    return LinkTry(asked=asked, is_in=True, left=0)


def count_dead_link(uow: UnitOfWork, *, subject: str, now: datetime) -> None:
    """Count a try with a link that is dead, in a transaction of its own: the refusal undid the first."""
    uow.accounts.count_failure(subject, uow.accounts.failures([subject]).get(subject), now=now)


# -- strong sign-in ----------------------------------------------------------------------------------------------


def begin_strong_sign_in(
    uow: UnitOfWork, *, state: str, browser: str, nonce: str, verifier: str, now: datetime
) -> None:
    """Remember what has to come back from the identity provider, and which browser may bring it."""
    uow.client_sessions.add_strong(
        StrongSignIn(
            state_hash=digest_of(state),
            browser_hash=digest_of(browser),
            nonce=nonce,
            verifier=verifier,
            began_at=now,
        )
    )


def take_strong_sign_in(uow: UnitOfWork, *, state: str, browser: str, now: datetime) -> StrongSignIn | None:
    """
    Return the sign-in that the browser was sent away with, once; None where there is none, so that it is gone for good.

    A state that another browser brings is used up as well: it has been seen by somebody who should not have it.
    """
    found = uow.client_sessions.take_strong(digest_of(state))
    if found is None or not hmac.compare_digest(found.browser_hash, digest_of(browser)):
        return None
    return found if now - found.began_at < STRONG_SIGN_IN_TIME else None


def begin_strong_session(
    uow: UnitOfWork, *, identity_code: str, id_hash: str, replaces: str | None, now: datetime
) -> bool:
    """
    Let in whoever the identity provider vouches for, and tell whether they have anything to do here.

    Their own matters come first, else those of the first client for whom they have a live mandate. Nothing is kept of
    somebody who is neither.
    """
    try:
        code = parse_identity_code(identity_code).text
    except InvalidInput:
        return False
    digest = uow.mandates.digest_of(code)
    persons = uow.mandates.people_of(digest, at=now)
    if replaces:
        uow.client_sessions.end(replaces, now=now)
    if not persons:
        return False
    _begin(uow, persons[0], digest, id_hash=id_hash, created_at=now, now=now)
    _note(uow, "client_signed_in", persons[0].client, persons[0].mandate, now, method=Method.STRONG)
    return True


def act_for(
    uow: UnitOfWork, *, session: ClientSession, mandate_key: int | None, new_id_hash: str, now: datetime
) -> None:
    """
    Let the person see to another's matters, or their own again (`mandate_key` None), in a session with a new id.

    :raises NotAllowed: they have no such mandate, or have not signed in strongly
    """
    digest = session.person_digest
    persons = uow.mandates.people_of(digest, at=now) if digest is not None else []
    wanted = [person for person in persons if (person.mandate.key if person.mandate else None) == mandate_key]
    if digest is None or not wanted:
        raise NotAllowed("mandate")
    uow.client_sessions.end(session.id_hash, now=now)
    _begin(uow, wanted[0], digest, id_hash=new_id_hash, created_at=session.created_at, now=now)
    _note(uow, "client_signed_in", wanted[0].client, wanted[0].mandate, now, method=Method.STRONG)


def _begin(
    uow: UnitOfWork, person: Person, digest: bytes, *, id_hash: str, created_at: datetime, now: datetime
) -> None:
    uow.client_sessions.add(
        id_hash=id_hash,
        client_key=person.client.key,
        mandate=person.mandate,
        person_digest=digest,
        method=Method.STRONG,
        language=person.client.needs.document_language if person.mandate is None else "fi",
        created_at=created_at,
        now=now,
    )


# -- sessions ----------------------------------------------------------------------------------------------------


def stay_in(uow: UnitOfWork, *, session: ClientSession, now: datetime) -> None:
    """Write that the session is in use; the absolute end does not move."""
    uow.client_sessions.touch(session.id_hash, now=now)


def leave(uow: UnitOfWork, *, session: ClientSession, now: datetime) -> None:
    """End the session; its cookie is dead at once."""
    uow.client_sessions.end(session.id_hash, now=now)
    uow.audit.add(
        actor=session.actor,
        action="client_signed_out",
        subject="client",
        subject_key=session.client_key,
        now=now,
    )


def choose_language(uow: UnitOfWork, *, session: ClientSession, language: str) -> None:
    """Show the session's pages in the language, if it is one of ours."""
    if language in LANGUAGES:
        uow.client_sessions.choose_language(session.id_hash, language)


def _note(
    uow: UnitOfWork, action: str, client: Client, mandate: Mandate | None, now: datetime, method: Method | None = None
) -> None:
    person = client.key if mandate is None else mandate.key
    uow.audit.add(
        actor=Actor(user_key=person, name="asiakas" if mandate is None else "edustaja", client_key=client.key),
        action=action,
        subject="client",
        subject_key=client.key,
        details={"method": str(method)} if method is not None else {},
        now=now,
    )
