"""The local job `set_area_setting`: a pathway that sets up a way of working changes the area's setting."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.connectors.contract import GivenUp
from app.domain.actor import SYSTEM
from app.storage.reference import AREA_SETTINGS
from app.storage.rows import Instance, Job
from app.storage.unit_of_work import UnitOfWork


def set_area_setting(uow: UnitOfWork, instance: Instance, job: Job, now: datetime) -> Mapping[str, Any]:
    """
    Write the header `value` to `viite.alue.<setting>` of the instance's area (header `setting`).

    The value is JSON (true, 3, ["a"]) or a plain text, of the kind that the setting has now.

    :raises GivenUp: the area has no such setting, or the value is of another kind
    """
    setting, text = job.headers.get("setting", ""), job.headers.get("value", "")
    present = uow.reference.values(AREA_SETTINGS, area_id=instance.area_id, ids=[setting])
    if not instance.area_id or setting not in present:
        raise GivenUp("area_setting_unknown", setting)
    value = _value(text)
    if type(value) is not type(present[setting]):
        raise GivenUp("area_setting_invalid", setting)
    if value == present[setting]:
        return {}
    # a pathway sets it for somebody: loading the files again keeps it, as it keeps what a person has changed
    started_by = uow.instances.started_by(instance.key)
    uow.reference.put(AREA_SETTINGS, {setting: value}, area_id=instance.area_id, by=started_by, now=now)
    uow.audit.add(
        actor=SYSTEM,
        action="area_setting_changed",
        subject="area_setting",
        subject_key=0,
        instance_key=instance.key,
        details={"setting": setting, "area": instance.area_id, "to": text},
        now=now,
    )
    return {}


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
