"""What a client is told of the way ahead: what flows lead to, in order, and its drawing from top to bottom."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.domain.client_way import steps_ahead
from app.web.own.way import WIDTH, drawn_way

WAYS = [("a", "x"), ("x", "b"), ("x", "c"), ("b", "d"), ("c", "d"), ("d", "a"), ("elsewhere", "f")]


def test_the_nearest_come_first_and_a_loop_ends():
    assert steps_ahead(WAYS, active=["a"], told={"a", "b", "c", "d", "f"}) == ("b", "c", "d")
    assert steps_ahead(WAYS, active=["b"], told={"a", "b", "c", "d"}) == ("d", "a", "c")
    assert steps_ahead(WAYS, active=["a"], told=set()) == ()
    assert steps_ahead(WAYS, active=[], told={"b"}) == ()


names = st.lists(st.text("aåäöb ", min_size=1, max_size=90).filter(str.strip), max_size=7)


@given(names, names, names)
def test_every_station_stands_below_the_one_before_and_nothing_of_now_or_ahead_is_left_out(been, here, ahead):
    way = drawn_way(been=been, here=here, ahead=ahead, waits="Odotamme vastaustasi.", earlier="Aiemmin")
    heights = [line["y"] for station in way["stations"] for line in station["lines"]]
    assert heights == sorted(set(heights))
    assert heights[-1] < way["height"]
    assert [station["kind"] for station in way["stations"] if station["kind"] != "been"] == ["here"] * max(
        1, len(here)
    ) + ["ahead"] * len(ahead)
    said = " ".join(line["text"] for station in way["stations"] for line in station["lines"]).replace(" ", "")
    for name in (*here, *ahead, "Odotamme vastaustasi."):
        assert name.replace(" ", "") in said
    assert len(way["joints"]) == len(way["stations"]) - 1
    assert way["width"] == WIDTH
