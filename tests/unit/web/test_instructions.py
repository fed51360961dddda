"""What a task says of itself: the owner's words without the numbers that owners give their steps."""

from types import SimpleNamespace

import pytest
from flask import Flask, g

from app.web.tasks import instructions_of


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("b2: taustatiedot; a3: jää.\n\nToinen kappale.", ["Taustatiedot; a3: jää.", "Toinen kappale."]),
        ("Huom: kysy ensin.", ["Huom: kysy ensin."]),
        ("", []),
    ],
)
def test_the_owner_s_number_of_the_step_is_left_out_at_the_beginning_only(written, told):
    with Flask("app").test_request_context():
        g.language = "fi"
        assert instructions_of(SimpleNamespace(documentation={"fi": written})) == told
