"""The engine's rows of the table of design.md 5: step cost, loop growth, state size. Run by `make bench`."""

import pytest

from tests.bench.engine import loop, step

pytestmark = pytest.mark.bench


def test_a_step_costs_no_more_than_spiffworkflows_own_step_in_memory():
    without_feel, _ = step.our_step(step.PLAIN)
    with_feel, size = step.our_step(step.OURS)
    bare = step.bare_step()
    print(f"\nengine step: {without_feel:.3f} ms, with one condition {with_feel:.3f} ms, state {size} bytes")
    print(f"bare SpiffWorkflow step in memory: {bare:.3f} ms, ratio {without_feel / bare:.2f}")
    assert without_feel <= bare


def test_a_loop_costs_the_same_at_every_turn():
    growth = loop.grow(loop.LOOP, {})
    print("\n" + growth.text("loop through a gateway"))
    assert growth.time_ratio(1) <= 1.2
    assert growth.time_ratio(2) <= 1.2
    assert max(growth.sizes) <= 1.1 * growth.sizes[0]


def test_a_loop_around_a_call_costs_the_same_at_every_turn():
    growth = loop.grow(loop.CALL_LOOP, {"loppu": False}, called=[loop.CALLED], turns=loop.CALL_TURNS)
    print("\n" + growth.text("loop around a call"))
    assert growth.time_ratio(1) <= 1.2
    assert growth.time_ratio(2) <= 1.2
    assert max(growth.sizes) <= 1.1 * growth.sizes[0]


def test_a_multi_instance_over_ten_thousand_items_costs_the_same_at_every_turn():
    growth = loop.grow(loop.SEQUENTIAL, {"lista": list(range(10_000))})
    print("\n" + growth.text("sequential multi-instance over 10,000 items"))
    assert growth.time_ratio(1) <= 1.2
    assert growth.time_ratio(2) <= 1.2
    assert max(growth.sizes) <= 1.1 * growth.sizes[0]
