"""The complex gateway: partial joins, and splits with conditions."""

from app.engine.seam import InstanceStatus
from tests.unit.engine.drawing import diagram, element, end, escape, parallel, start, user, xor
from tests.unit.engine.walk import Walk


def complex_gateway(element_id: str, activation: str = "", **attributes: str) -> str:
    inner = f"<bpmn:activationCondition>{escape(activation)}</bpmn:activationCondition>" if activation else ""
    return element("complexGateway", element_id, inner, **attributes)


def joined(activation: str, more: str = "k u") -> bytes:
    return diagram(
        start(),
        parallel("f"),
        *[user(name) for name in "abc"],
        complex_gateway("k", activation),
        user("u"),
        user("v"),
        end(),
        flow=f"s f; f a; f b; f c; a k; b k; c k; {more}",
    )


def test_a_discriminator_goes_on_with_the_first_and_takes_the_others_in():
    walk = Walk(joined("activationCount >= 1"))
    walk.complete("b")
    assert walk.tasks == ["a", "c", "u"]
    walk.complete("a")
    walk.complete("c")
    assert walk.tasks == ["u"]
    assert walk.happened().count("u") == 0
    walk.complete("u")
    assert walk.ended


def test_two_of_three_are_enough():
    walk = Walk(joined("=activationCount >= 2"))
    walk.complete("c")
    assert walk.tasks == ["a", "b"]
    walk.complete("a")
    assert walk.tasks == ["b", "u"]
    walk.complete("u")
    walk.complete("b")
    assert walk.ended
    assert walk.happened().count("k") == 2


def test_the_condition_may_name_flows_and_variables():
    walk = Walk(joined("=b__k > 0 and valmis"), {"valmis": True})
    walk.complete("a")
    assert walk.tasks == ["b", "c"]
    walk.complete("b")
    assert walk.tasks == ["c", "u"]


def test_at_the_reset_the_flows_that_ask_for_it_are_taken():
    walk = Walk(joined("=activationCount >= 1", "k u [=waitingForStart]; k v [=not(waitingForStart)]"))
    walk.complete("a")
    assert walk.tasks == ["b", "c", "u"]
    walk.complete("b")
    assert walk.tasks == ["c", "u"]
    walk.complete("c")
    assert walk.tasks == ["u", "v"]


def test_a_condition_that_never_holds_is_told():
    walk = Walk(joined("=activationCount > 5"))
    for task in "abc":
        walk.complete(task)
    assert walk.incidents == ["stuck"]


def test_a_condition_that_fails_is_an_incident_and_its_retry_asks_again():
    walk = Walk(joined("=raja"))
    walk.complete("a")
    assert walk.incidents == ["activation_condition_value"]
    walk.set(raja=True)
    walk.retry()
    assert (walk.tasks, walk.incidents) == (["b", "c", "u"], [])


def test_the_next_round_begins_after_the_reset():
    # the loop brings a second token on the first flow while c is still awaited
    xml = diagram(
        start(),
        parallel("f"),
        user("a"),
        user("c"),
        xor("m"),
        complex_gateway("k", "activationCount >= 1"),
        user("u"),
        end(),
        xor("g", default="g__e"),
        flow="s f; f m; m a; f c; a k; c k; k u; u g; g m [=uudelleen]; g e",
    )
    walk = Walk(xml)
    walk.complete("a")
    walk.complete("u", uudelleen=True)
    assert walk.tasks == ["a", "c"]
    walk.complete("a")
    # this token is of the next round
    assert walk.tasks == ["c"]
    walk.complete("c")
    assert walk.tasks == ["u"]
    walk.complete("u", uudelleen=False)
    assert walk.ended


def test_one_token_of_each_flow_goes_up_in_a_round_and_the_others_are_of_the_next():
    xml = diagram(
        start(),
        parallel("f"),
        user("a", completionQuantity="3"),
        user("b"),
        complex_gateway("k", "a__k >= 2"),
        user("u"),
        flow="s f; f a; f b; a k; b k; k u",
    )
    walk = Walk(xml)
    walk.complete("a")
    assert walk.tasks == ["b", "u"]
    walk.complete("b")
    # two are left on the flow, and the gateway begins again
    assert walk.tasks == ["u", "u"]


def test_a_branch_that_is_not_taken_is_not_waited_for():
    xml = diagram(
        start(),
        complex_gateway("f", default="f__c"),
        *[user(name) for name in "abc"],
        complex_gateway("k", "activationCount >= 1"),
        user("u"),
        end(),
        flow="s f; f a [=x > 0]; f b [=x > 1]; f c; a k; b k; c k; k u; u e",
    )
    for x, tasks in ((0, ["c"]), (1, ["a"]), (2, ["a", "b"])):
        walk = Walk(xml, {"x": x})
        assert walk.tasks == tasks
        for task in tasks:
            walk.complete(task)
        assert walk.tasks == ["u"]
        walk.complete("u")
        assert walk.step.status is InstanceStatus.COMPLETED
