"""Two people who change what is said of a service at the same moment: one does, the other is told."""

from __future__ import annotations

from app.commands.change_directory_entry import change_service
from app.domain.directory import names_of_texts, revision_of, words_of
from tests.factories import make_place
from tests.races.test_commands import race

SERVICE = {"name": {"fi": "Palvelu"}, "category": "ydin", "owners": []}


def test_of_two_who_change_a_service_at_once_one_does_and_the_other_is_told(database):
    place = make_place(database)
    place.executor.run(lambda uow: uow.reference.put("service", {"sv_a": SERVICE}, now=place.now))

    def by(person):
        def change():
            place.run(
                change_service,
                service_id="sv_a",
                texts=dict.fromkeys(names_of_texts(), person),
                owners=[],
                was=revision_of(words_of(SERVICE)),
                actor=place.people[person],
            )

        return change

    assert sorted(race(by("owner"), by("admin"))) == ["Conflict", "done"]
    value = place.executor.read(lambda uow: uow.reference.values("service"))["sv_a"]
    assert {*value["description"].values(), *value["access"].values()} in ({"owner"}, {"admin"})
