"""Foreign and temporary codes of clients, through the command that takes a form in; on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from sqlalchemy import select

from app.domain.errors import InvalidSubmission
from app.domain.identity_code import check_character
from app.storage.tables.care import care_case, client, client_index
from tests.integration.test_care_core import CASE, CLIENT, CODE, answers, new_instance, store, to, work

__all__ = ["work"]


def foreign(code="19900514-1234", country="SE", **more):
    records = [
        to(CLIENT, "identity_code_missing", value=True),
        to(CLIENT, "birth_date", date(1990, 5, 14)),
        to(CLIENT, "name", "Olga Esimerkki"),
        to(CLIENT, "foreign_code", code),
        to(CLIENT, "foreign_country", country),
        *(to(CLIENT, key, value) for key, value in more.items()),
    ]
    return answers(*records)


def codes_of(refused):
    return [problem.code for problem in refused.value.problems]


def test_the_same_foreign_code_joins_the_open_case_and_another_country_does_not(work):
    with work() as uow:
        first = store(uow, new_instance(uow), foreign())
        again = store(uow, new_instance(uow), foreign("19900514 1234"))
        other = store(uow, new_instance(uow), foreign(country="NO"))
        assert again.case_key == first.case_key
        assert other.case_key != first.case_key
        known = uow.care.clients.get(uow.care.cases.get(first.case_key).client_key)
        assert (known.identity.foreign_code, known.identity.foreign_country) == ("199005141234", "SE")
        # the one in the search box is told of both: whose it is, a person sees
        assert len(uow.care.clients.find_exactly("19900514-1234")) == 2
    with work() as uow:
        assert b"199005141234" not in b"".join(row.digest for row in uow.connection.execute(select(client_index)))


@pytest.mark.parametrize(
    ("code", "country", "said"),
    [
        ("!", "SE", "foreign_code_format"),
        ("19900514-1234", "", "foreign_code_country"),
        (CODE, "SE", "foreign_code_finnish"),
    ],
)
def test_a_foreign_code_that_is_none_is_refused(work, code, country, said):
    with work() as uow, pytest.raises(InvalidSubmission) as refused:
        store(uow, new_instance(uow), foreign(code, country))
    assert codes_of(refused) == [said]


def test_a_temporary_code_gives_way_to_the_permanent_one_and_to_nothing_else(work):
    # nobody of 1880 is a client: the only way to a right code that is no test's
    permanent = f"010180+002{check_character('010180002')}"
    with work() as uow:
        case = store(uow, new_instance(uow), answers(to(CLIENT, "identity_code", CODE), to(CLIENT, "name", "Matti E")))
        with pytest.raises(InvalidSubmission) as refused:
            store(uow, case, answers(to(CLIENT, "identity_code", "010190Y907X")))
        assert codes_of(refused) == ["identity_code_of_other_client"]
        store(uow, case, answers(to(CLIENT, "identity_code", permanent)))
        known = uow.care.clients.get(uow.care.cases.get(case.case_key).client_key)
        assert (known.identity.identity_code, known.identity.birth_date) == (permanent, date(1880, 1, 1))
        assert uow.care.clients.find_by_identity_code(CODE) is None
        with pytest.raises(InvalidSubmission):
            store(uow, case, answers(to(CLIENT, "identity_code", CODE)))


def test_two_first_contacts_with_one_foreign_code_make_one_client(work):
    def call(_):
        with work() as uow:
            return store(uow, new_instance(uow), foreign()).case_key

    with ThreadPoolExecutor(4) as pool:
        keys = set(pool.map(call, range(4)))
    assert len(keys) == 1
    with work() as uow:
        assert len(uow.connection.execute(select(client.c.key)).all()) == 1


def test_where_the_client_lives_is_not_kept_under_a_protected_address(work):
    """R-27: numbers by municipality leave them out, also when the protection comes later."""
    lives = to(CASE, "municipality", "179")
    with work() as uow:
        case = store(uow, new_instance(uow), answers(to(CLIENT, "identity_code", CODE), lives))
        kept = select(care_case.c.municipality).where(care_case.c.key == case.case_key)
        assert uow.connection.scalar(kept) == "179"
        store(uow, case, answers(to(CLIENT, "protected_address", value=True), lives))
        assert uow.connection.scalar(kept) == ""
