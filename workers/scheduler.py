"""`python -m workers.scheduler`: finds what is due and sees that it happens. Two may run."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from app.clock import DatabaseClock
from app.connectors import SEND_NOTIFICATION
from app.domain.errors import Unavailable
from app.executor import Executor, open_executor
from app.logs import configure_logs
from app.settings import Settings, SettingsRefused
from workers import make_celery, nightly
from workers.clock import Clock
from workers.consultation import PLAN_EVERY, ConsultationHours
from workers.doorbell import Doorbell
from workers.handlers import MakeHandlers, installed_handlers
from workers.notices import MAIL_EVERY, NoticeMails
from workers.pruning import PRUNE_EVERY, Pruning, retention_of
from workers.rounds import Matching, Relay, delivery_round, start_round, timer_round
from workers.sealing import SEAL_EVERY, Sealing
from workers.signs_of_life import sign_of_life

log = structlog.get_logger(__name__)

#: a clock that jumps further than this between two looks is reported; nothing stops
SUSPICIOUS_JUMP = timedelta(minutes=5)
#: a round that fails comes again after this many seconds at the latest
LONGEST_PAUSE = 10.0
#: the relay looks oftener than the others: somebody waits at a page for the step after a service task
RELAY_SHARE = 0.2
#: milliseconds to wait for an instance that somebody holds: the next round finds what is due again, and others wait
PATIENCE = 500


@dataclass(frozen=True, slots=True)
class Round:
    """Something to do every `every` seconds; it returns whether more is waiting."""

    name: str
    every: float
    work: Callable[[datetime], bool]


class Loop:
    """Does its rounds in turn until told to stop; what fails is logged and done again."""

    def __init__(self, rounds: Sequence[Round], *, clock: Clock, wait: Callable[[float], bool]) -> None:
        """`wait` pauses for the seconds given, or less, and returns whether to stop."""
        self._rounds = rounds
        self._clock = clock
        self._wait = wait
        self._last = clock()
        self._failures = dict.fromkeys((item.name for item in rounds), 0)

    def run(self) -> None:
        """Go round until `wait` says stop."""
        next_at = {item.name: self._clock() for item in self._rounds}
        while True:
            now = self._clock()
            self._look_at_clock(now)
            for item in self._rounds:
                # a clock that was set back leaves a moment further ahead than any pause
                longest = timedelta(seconds=max(item.every, LONGEST_PAUSE))
                if now >= next_at[item.name] or next_at[item.name] - now > longest:
                    pause = self._do(item)
                    next_at[item.name] = self._clock() + timedelta(seconds=pause)
            pause = min((moment - self._clock()).total_seconds() for moment in next_at.values())
            # never longer than the shortest interval, wherever the clock may have gone meanwhile
            if self._wait(max(0.0, min(pause, *(item.every for item in self._rounds)))):
                return

    def _do(self, item: Round) -> float:
        """Do the round and return the seconds until its next turn: none when more waits, longer while it fails."""
        try:
            more = item.work(self._clock())
        except Unavailable:
            log.warning("scheduler.database_away", round=item.name)
        except Exception:
            log.exception("scheduler.round_failed", round=item.name)
        else:
            self._failures[item.name] = 0
            return 0.0 if more else item.every
        self._failures[item.name] += 1
        return max(item.every, min(LONGEST_PAUSE, 2.0 ** (self._failures[item.name] - 1)))

    def _look_at_clock(self, now: datetime) -> None:
        if abs(now - self._last) > SUSPICIOUS_JUMP:
            log.error("scheduler.clock_jumped", seconds=(now - self._last).total_seconds())
        self._last = now


def loops(
    executor: Executor,
    doorbell: Doorbell,
    settings: Settings,
    *,
    clock: Clock,
    wait: Callable[[float], bool],
    make_handlers: MakeHandlers = installed_handlers,
) -> tuple[Loop, Loop, Loop]:
    """
    Return the loop that waits for the broker, the one that waits for the mail server, and the one that never waits.

    A frozen broker or a slow mail server delays no timer.
    """
    second = settings.scheduler_interval
    handlers = make_handlers(settings, executor)
    ringing = [Round("relay", second * RELAY_SHARE, Relay(executor, doorbell, handlers.types))]
    mails = handlers.outside.get(SEND_NOTIFICATION)
    mailing = [Round("notices", MAIL_EVERY, NoticeMails(executor, mails.connector if mails else None))]
    steady = [
        Round("timers", second, timer_round(executor, clock)),
        Round("timer starts", second, start_round(executor, clock)),
        Round("matching", second, Matching(executor)),
        Round("deliveries", second, delivery_round(executor, clock)),
        Round("sealing", SEAL_EVERY, Sealing(executor, settings.key_bytes("audit_key"))),
        Round("pruning", PRUNE_EVERY, Pruning(executor, retention_of(settings))),
        Round("nightly", nightly.LOOK_EVERY, nightly.Nightly(executor, settings.key_bytes("audit_key"))),
        Round("consultation", PLAN_EVERY, ConsultationHours(executor)),
        Round("sign of life", 5.0, _touch),
    ]
    return (
        Loop(ringing, clock=clock, wait=wait),
        Loop(mailing, clock=clock, wait=wait),
        Loop(steady, clock=clock, wait=wait),
    )


def _touch(_now: datetime) -> bool:
    sign_of_life("scheduler").touch()
    return False


def main(make_handlers: MakeHandlers = installed_handlers) -> int:
    """Run until SIGTERM or SIGINT; what is under way is finished first."""
    try:
        settings = Settings.load()
    except SettingsRefused as error:
        sys.stderr.write(f"kykypolku: {error}\n")
        return 1
    if not settings.audit_key:
        sys.stderr.write("kykypolku: KYKYPOLKU_AUDIT_KEY is missing; the scheduler seals the audit log with it\n")
        return 1
    configure_logs(style=settings.log_format, level=settings.log_level)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    executor = open_executor(settings, patience=PATIENCE)
    doorbell = Doorbell(make_celery(settings))
    clock = DatabaseClock(executor)
    ringing, mailing, steady = loops(
        executor, doorbell, settings, clock=clock, wait=stop.wait, make_handlers=make_handlers
    )
    # a publish may hang in a frozen broker for its time-out: the thread does not hold up the end
    threading.Thread(target=ringing.run, name="relay", daemon=True).start()
    threading.Thread(target=mailing.run, name="mails", daemon=True).start()
    steady.run()
    executor.database.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
