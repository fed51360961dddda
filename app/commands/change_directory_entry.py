"""Change what the directory says of a service: description, way in, and which organisations give it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from app.domain.actor import Actor, may_change_limits
from app.domain.directory import read_words, revision_of, words_of
from app.domain.errors import Conflict, NotAllowed, NotFound
from app.storage.unit_of_work import UnitOfWork

_SERVICE = "service"


def change_service(
    uow: UnitOfWork,
    *,
    service_id: str,
    texts: Mapping[str, str],
    owners: Sequence[str],
    was: str,
    actor: Actor,
    now: datetime,
) -> bool:
    """
    Write what is said of the service where it is something else; return whether it is.

    What the person changed stays when newer files are loaded. `was` is the revision (app.domain.directory.revision_of)
    that they saw; `texts` are by "description.fi" and its like.

    :raises NotAllowed: the actor may not change reference data
    :raises NotFound: no such service
    :raises InvalidInput: a language is missing, a text too long, an organisation unknown
    :raises Conflict: somebody else changed it meanwhile
    """
    if not may_change_limits(actor):
        raise NotAllowed("change_service")
    value = uow.reference.lock(_SERVICE, service_id).get("")
    if value is None:
        raise NotFound("service", service_id)
    present = words_of(value)
    organisations = {organisation_id for organisation_id, _ in uow.accounts.organisations()}
    written = read_words(texts, owners=owners, present=present, organisations=organisations)
    if revision_of(present) != was:
        raise Conflict("the service was changed meanwhile")
    if written == present:
        return False
    uow.reference.put(_SERVICE, {service_id: {**value, **written.as_value()}}, by=actor.user_key, now=now)
    uow.audit.add(
        actor=actor,
        action="service_changed",
        subject="service",
        subject_key=0,
        details={"service": service_id, "from": present.as_value(), "to": written.as_value()},
        now=now,
    )
    return True
