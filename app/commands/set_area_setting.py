"""The local job `set_area_setting`: a pathway that sets up a way of working changes the area's setting."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.connectors.contract import GivenUp
from app.domain.actor import SYSTEM
from app.domain.limits import limit_text
from app.storage.reference import AREA_SETTING_KINDS, AREA_SETTINGS, OF_AREA
from app.storage.rows import Instance, Job
from app.storage.unit_of_work import UnitOfWork


def set_area_setting(uow: UnitOfWork, instance: Instance, job: Job, now: datetime) -> Mapping[str, Any]:
    """
    Write the header `value` to `viite.alue.<setting>` of the instance's area (header `setting`).

    The value is JSON (true, 3, ["a"]) or a plain text, of the kind that the setting has now.

    :raises GivenUp: the area has no such setting, or the value is of another kind
    """
    setting, text = job.headers.get("setting", ""), job.headers.get("value", "")
    value, present = _value(text), lock_setting(uow, instance, setting)
    if not instance.area_id or present is None:
        raise GivenUp("area_setting_unknown", setting)
    if type(value) is not type(present):
        raise GivenUp("area_setting_invalid", setting)
    # a pathway sets it for somebody: loading the files again keeps it, as it keeps what a person has changed
    started_by = uow.instances.started_by(instance.key)
    write_setting(uow, instance, setting, value=value, was=present, by=started_by, now=now)
    return {}


def lock_setting(uow: UnitOfWork, instance: Instance, setting: str) -> Any:
    """Lock the setting of the instance's area and return its value, None where it has none."""
    held = uow.reference.lock(AREA_SETTINGS, setting, area_id=instance.area_id)
    return held.get(instance.area_id, held.get(""))


def write_setting(
    uow: UnitOfWork, instance: Instance, setting: str, *, value: Any, was: Any, by: int | None, now: datetime
) -> None:
    """
    Write the setting of the instance's area where it is another; the page of limits shows the change in its history.

    `by` is the person for whom the pathway does it.
    """
    if value == was:
        return
    kinds = uow.reference.values(AREA_SETTING_KINDS, ids=[setting])
    kind = kinds[setting]["type"] if setting in kinds else ""
    uow.reference.put(AREA_SETTINGS, {setting: value}, area_id=instance.area_id, by=by, now=now)
    uow.audit.add(
        actor=SYSTEM,
        action="limit_changed",
        subject="limit",
        subject_key=0,
        instance_key=instance.key,
        details={
            "limit": OF_AREA + setting,
            "area": instance.area_id,
            "from": limit_text(kind, was),
            "to": limit_text(kind, value),
        },
        now=now,
    )


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
