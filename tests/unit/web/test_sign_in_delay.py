"""How long somebody who guesses has to wait, and when sessions end."""

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.passwords import hash_password, is_outdated, password_matches
from app.domain.sessions import FORGET_FAILURES, LONGEST_WAIT, Failures, wait_after

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("count", "seconds"), [(0, 0), (2, 0), (3, 2), (4, 4), (5, 8), (10, 256), (11, 512), (12, 900), (500, 900)]
)
def test_each_failure_after_the_free_ones_doubles_the_wait(count, seconds):
    assert wait_after(Failures(count=count, last_at=NOW), free=3, at=NOW) == timedelta(seconds=seconds)


def test_waiting_counts_from_the_last_failure():
    failures = Failures(count=5, last_at=NOW - timedelta(seconds=6))
    assert wait_after(failures, free=3, at=NOW) == timedelta(seconds=2)
    assert wait_after(failures, free=3, at=NOW + timedelta(seconds=2)) == timedelta(0)


def test_failures_are_forgotten():
    assert wait_after(Failures(count=99, last_at=NOW - FORGET_FAILURES), free=3, at=NOW) == timedelta(0)
    assert wait_after(None, free=3, at=NOW) == timedelta(0)
    assert LONGEST_WAIT < FORGET_FAILURES


def test_only_the_right_password_matches_and_an_empty_hash_never_does():
    stored = hash_password("correct horse battery")
    assert password_matches("correct horse battery", stored)
    assert not password_matches("correct horse batterz", stored)
    assert not password_matches("", stored)
    assert not password_matches("nobody has this password", "")
    assert not password_matches("x", "no hash at all")
    assert not is_outdated(stored)


@pytest.mark.parametrize("password", ["", "short", "x" * 257])
def test_a_password_has_a_length_that_protects(password):
    with pytest.raises(ValueError, match="characters"):
        hash_password(password)
