"""Encrypt old values anew after a change of keys, a piece at a time."""

from __future__ import annotations

from app.storage.rotation import Rotation
from app.storage.unit_of_work import UnitOfWork

#: values renewed in one transaction
AT_ONCE = 200


def renew_encryption(uow: UnitOfWork, *, limit: int = AT_ONCE) -> int:
    """
    Encrypt up to `limit` values of older keys with the newest and return how many there were.

    Run until it returns 0; then the older keys may be taken out of the settings.

    :raises Undecipherable: an old key is missing from the settings
    """
    return Rotation(uow.connection, uow.cipher).renew(limit=limit)
