"""The consultation hour in a life: who sits in it, who brings a matter, and that nothing leads from it to a client."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import select

from app.commands.plan_consultation import plan_consultation
from app.domain.consultation import Part, Session, SessionStatus
from app.storage.tables import metadata
from app.storage.tables.consultation import consultation_item
from tests.scenarios.lives import Life, tasks
from tests.scenarios.world import form_fields

#: five experts at once, remotely: social work, nurse, Kela, rehabilitation guidance of an NGO, psychiatry
EXPERTS = ("sanna.ohjaaja", "tero.terveydenhoitaja", "kaisa.koe", "jaana.jarjesto", "petra.psykiatria")
ASK = "/consultation/ask"


def arrange_the_hour(life: Life) -> None:
    """The area of the life holds the hour: Olli leads it, and its sessions are planned."""

    def arrange(uow: Any) -> None:
        people = uow.accounts.named(["olli.demo", *EXPERTS])
        uow.consultation.add_hour(life.area)
        uow.consultation.put_members(life.area, Part.FACILITATOR, [people["olli.demo"]])
        uow.consultation.put_members(life.area, Part.EXPERT, [people[name] for name in EXPERTS])

    life.executor.run(arrange)
    life.executor.run(plan_consultation, area_id=life.area, now=life.clock)


def bring(life: Life, role: str, *, text: str, age_group: str) -> None:
    """Somebody brings a matter: a personal identity code stops it, an age has to be confirmed."""
    item = tasks("tyky_konsultaatio_tapaus", "tunniste_estetaan_ja_asia_kasitellaan")["c1_kirjoita_asia"]["answers"]
    asked = form_fields(item) | {"area": life.area, "act": "send", "ikaryhma": age_group}
    person = life.person(role)
    page = person.get(f"{ASK}?area={life.area}")
    stopped = person.post(ASK, asked | {"tilanne": "Asiakas 230284-912J on epävarma"}, page=page)
    assert (stopped.status_code, "Tekstiä ei voi lähettää" in stopped.text) == (422, True)
    asked |= {"tilanne": text}
    soft = person.post(ASK, asked, page=stopped)
    mark = re.search(r'name="confirmed" value="([0-9a-f]+)"', soft.text)
    assert mark is not None
    sent = person.post(ASK, asked | {"confirmed": mark[1]}, page=soft)
    assert (soft.status_code, sent.status_code) == (422, 303)


def sessions(life: Life, *statuses: SessionStatus) -> list[Session]:
    """Return the sessions of the life's area that are in one of the states, the earliest first."""
    return list(life.executor.read(lambda uow: uow.consultation.sessions([life.area], statuses=statuses)))


def ways_to_the_items(life: Life) -> list[tuple[str, str]]:
    """Return where outside the hour's own rows the key of an item stands."""
    with life.executor.database.engine.connect() as connection:
        keys = connection.scalars(select(consultation_item.c.key)).all()
        return [
            (table.name, name)
            for table in metadata.sorted_tables
            for row in connection.execute(select(table)).mappings()
            for name, value in row.items()
            if (table.name, name) != ("consultation_item", "key")
            and {text for key in keys for text in (str(key), f"{key:016x}")}
            & {value.hex() if isinstance(value, bytes) else str(value)}
        ]
