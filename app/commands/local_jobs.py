"""Which job types are commands on our own tables."""

from __future__ import annotations

from collections.abc import Mapping

from app.commands.book_appointment import book_appointment
from app.commands.cancel_appointment import cancel_appointment
from app.commands.close_case import close_case
from app.commands.create_case import create_case
from app.commands.escalate_task import escalate_task
from app.commands.run_local_job import LocalWork
from app.commands.write_document import write_document

LOCAL_JOBS: Mapping[str, LocalWork] = {
    "book_appointment": book_appointment,
    "cancel_appointment": cancel_appointment,
    "close_case": close_case,
    "create_case": create_case,
    "escalate_task": escalate_task,
    "write_document": write_document,
}
