"""Ad-hoc sub-processes."""

import pytest

from app.domain.errors import Conflict, InvalidInput, NotFound
from app.engine.seam import ActivitiesBegun, ElementEvent, InstanceStatus
from tests.unit.engine.drawing import (
    boundary,
    diagram,
    element,
    end,
    escape,
    flows,
    multi,
    script,
    start,
    timer,
    user,
)
from tests.unit.engine.walk import Walk


def ad_hoc(*elements: str, flow: str = "", done: str = "", extensions: str = "", **attributes: str) -> bytes:
    inner = f"<bpmn:completionCondition>{escape(done)}</bpmn:completionCondition>" if done else ""
    inside = element("adHocSubProcess", "h", "".join(elements) + flows(flow) + inner, extensions, **attributes)
    return diagram(start(), inside, user("u"), end(), flow="s h; h u; u e")


THREE = (user("a"), user("b"), user("c"))


def test_everything_that_nothing_leads_to_is_offered_and_it_is_over_with_the_last():
    walk = Walk(ad_hoc(*THREE, user("d"), flow="a d"))
    assert walk.tasks == ["a", "b", "c"]
    for task in "cab":
        walk.complete(task)
    assert walk.tasks == ["d"]
    walk.complete("d")
    assert walk.tasks == ["u"]


def test_one_after_the_other_where_the_order_is_sequential():
    walk = Walk(ad_hoc(*THREE, user("d"), flow="a d", ordering="Sequential"))
    for task in ("a", "d", "b", "c", "u"):
        assert walk.tasks == [task]
        walk.complete(task)
    assert walk.ended


def test_the_completion_condition_ends_what_is_still_going_on():
    walk = Walk(ad_hoc(*THREE, user("d"), flow="a d", done="=valmis"))
    walk.complete("b")
    assert walk.tasks == ["a", "c"]
    walk.complete("a", valmis=True)
    assert walk.tasks == ["u"]


def test_what_is_still_going_on_may_be_finished_first():
    walk = Walk(ad_hoc(*THREE, done="=valmis", cancelRemainingInstances="false"))
    walk.complete("b", valmis=True)
    assert walk.tasks == ["a", "c"]
    walk.complete("a")
    walk.complete("c")
    assert walk.tasks == ["u"]


def test_nothing_more_begins_when_it_was_enough():
    walk = Walk(ad_hoc(*THREE, done="=valmis", ordering="Sequential", cancelRemainingInstances="false"))
    walk.complete("a", valmis=True)
    assert walk.tasks == ["u"]


def test_nothing_left_and_not_complete_is_told_and_the_retry_asks_again():
    walk = Walk(ad_hoc(user("a"), done="=valmis"))
    walk.complete("a")
    assert walk.incidents == ["ad_hoc_unfinished"]
    walk.retry()
    assert walk.incidents == ["ad_hoc_unfinished"]
    walk.set(valmis=True)
    walk.retry()
    assert (walk.incidents, walk.tasks) == ([], ["u"])


def test_the_active_elements_are_those_of_the_collection():
    chosen = '<zeebe:adHoc activeElementsCollection="=valitut"/>'
    walk = Walk(ad_hoc(*THREE, extensions=chosen), {"valitut": ["c", "a"]})
    assert walk.tasks == ["a", "c"]
    assert Walk(ad_hoc(*THREE, extensions=chosen), {"valitut": []}).tasks == ["u"]
    wrong = Walk(ad_hoc(*THREE, extensions=chosen), {"valitut": ["x"]})
    assert wrong.incidents == ["active_elements_value"]
    wrong.set(valitut=["b"])
    wrong.retry()
    assert wrong.tasks == ["b"]


def test_the_results_of_its_activities_are_collected():
    collected = '<zeebe:adHoc outputCollection="kaikki" outputElement="=tulos"/>'
    walk = Walk(
        ad_hoc(script("a", "=1", "tulos"), script("b", "=2", "tulos"), extensions=collected, ordering="Sequential")
    )
    assert walk.root()["kaikki"] == [1, 2]
    assert walk.tasks == ["u"]


def test_turns_and_events_on_an_ad_hoc_sub_process():
    walk = Walk(ad_hoc(user("a"), multi("=[1, 2]"), done="=true"))
    assert walk.tasks == ["a", "a"]
    walk.complete("a")
    walk.complete("a")
    assert walk.tasks == ["u"]
    inside = element("adHocSubProcess", "h", user("a"))
    late = diagram(
        start(), inside, boundary("b", "h", timer("timeDuration", "P1D")), user("u"), end(), flow="s h; h e; b u"
    )
    walk = Walk(late)
    walk.fire("b")
    assert walk.tasks == ["u"]


def begin(walk: Walk, *names: str, cancels: bool = False, **variables: object) -> None:
    [key] = {each.element_instance_key for each in walk.history if each.element_id == "h"}
    activities = tuple((name, variables) for name in names)
    walk.advance(ActivitiesBegun(key=key, activities=activities, cancels_remaining=cancels))


def test_activities_are_begun_again_with_variables_of_their_own():
    walk = Walk(
        ad_hoc(user("a"), script("b", "=oma + 1", "tulos"), done="=tulos = 5", ordering="Sequential"), {"oma": 1}
    )
    walk.complete("a")
    assert walk.incidents == ["ad_hoc_unfinished"]
    begin(walk, "a")
    assert (walk.tasks, walk.incidents) == (["a"], [])
    with pytest.raises(Conflict):
        begin(walk, "b")
    begin(walk, "b", cancels=True, oma=4)
    assert walk.tasks == ["u"]
    assert walk.root() == {"oma": 1, "tulos": 5}
    assert "a" in walk.happened(ElementEvent.TERMINATED)


def test_only_what_can_be_begun_is_begun_and_only_while_it_goes_on():
    walk = Walk(ad_hoc(user("a"), user("b"), flow="a b"))
    for names in ((), ("b",), ("x",)):
        with pytest.raises(InvalidInput):
            begin(walk, *names)
    begin(walk, "a")
    assert walk.tasks == ["a", "a"]
    for _ in range(2):
        walk.complete("a")
        walk.complete("b")
    with pytest.raises(NotFound):
        begin(walk, "a")
    walk.complete("u")
    assert walk.step.status is InstanceStatus.COMPLETED
