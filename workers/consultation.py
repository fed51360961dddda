"""What is done for the consultation hour without anybody asking: sessions are planned, what is old is forgotten."""

from __future__ import annotations

from datetime import datetime

import structlog

from app.commands.plan_consultation import forget_consultation, plan_consultation
from app.domain.consultation import Hour
from app.executor import Executor
from app.storage.unit_of_work import UnitOfWork

log = structlog.get_logger(__name__)

#: seconds between two rounds; nobody waits for one
PLAN_EVERY = 60.0


class ConsultationHours:
    """Every area's sessions are planned ahead; requesters are forgotten after 30 days, texts after 90 (R-15)."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    def __call__(self, now: datetime) -> bool:
        """Do one round; return whether more waits to be forgotten."""

        def hours(uow: UnitOfWork) -> list[Hour]:
            return uow.consultation.hours()

        for hour in self._executor.read(hours):
            planned = self._executor.run(plan_consultation, area_id=hour.area_id, now=now)
            if planned:
                log.info("consultation.planned", area=hour.area_id, sessions=planned)
        done = self._executor.run(forget_consultation, now=now)
        if done.secrets or done.texts or done.minutes:
            log.info("consultation.forgotten", secrets=done.secrets, texts=done.texts, minutes=done.minutes)
        return done.has_more
