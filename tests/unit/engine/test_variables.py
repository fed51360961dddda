"""Where variables live, what mappings do with them, and what is told of them."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.domain.errors import InvalidInput, NotFound
from app.engine import run
from app.engine.seam import JobOpened, UserTaskOpened
from tests.unit.engine.drawing import (
    diagram,
    end,
    io,
    multi,
    parallel,
    script,
    service,
    start,
    sub,
    user,
)
from tests.unit.engine.walk import NOW, ROOT, Walk


def test_a_job_gets_what_its_input_mappings_name_and_nothing_else():
    xml = diagram(
        start(), service(extensions=io({"osoite": "=asiakas.osoite", "kiire": "=true"})), end(), flow="s t; t e"
    )
    walk = Walk(xml, {"asiakas": {"osoite": "x"}, "muu": 1})
    assert walk.one(JobOpened).variables == {"osoite": "x", "kiire": True}


def test_a_job_without_input_mappings_gets_every_variable_that_it_sees():
    inner = sub("p1", start("s1"), service(), flow="s1 t", extensions=io({"oma": "=1"}))
    walk = Walk(diagram(start(), inner, end(), flow="s p1; p1 e"), {"muu": 2})
    assert walk.one(JobOpened).variables == {"oma": 1, "muu": 2}


def test_output_mappings_decide_what_leaves_the_task():
    xml = diagram(start(), service(extensions=io(None, {"valittu": "=lista[1]"})), user("v"), flow="s t; t v")
    walk = Walk(xml)
    walk.job("t", lista=[7, 8], muu="x")
    assert walk.root() == {"valittu": 7}
    assert run.read_variables(walk.step.state) == {ROOT: {"valittu": 7}}


def test_input_variables_are_told_while_the_task_is_open_and_gone_after_it():
    xml = diagram(start(), user(extensions=io({"apu": "=n + 1"})), user("v"), flow="s u; u v")
    walk = Walk(xml, {"n": 1})
    key = walk.one(UserTaskOpened).element_instance_key
    assert walk.variables[key, "apu"] == 2
    walk.complete("u", apu=9)
    assert [closed.scope_key for closed in walk.step.scopes_closed] == [key]
    assert walk.step.variables == ()
    assert walk.root() == {"n": 1}


def test_variables_of_an_element_that_is_over_within_the_step_are_not_told():
    xml = diagram(
        start(),
        script("k", "=ika * 2", "tulos", extensions=io({"ika": "=asia.ika"}, {"tupla": "=tulos"})),
        user(),
        flow="s k; k u",
    )
    walk = Walk(xml, contexts={"asia": {"ika": 57}})
    assert walk.variables == {(ROOT, "tupla"): 114}
    assert walk.step.scopes_closed == ()


def test_a_later_mapping_may_use_an_earlier_one():
    xml = diagram(start(), service(extensions=io({"a": "=1", "b": "=a + 1", "c": "=b + 1"})), end(), flow="s t; t e")
    assert Walk(xml).one(JobOpened).variables == {"a": 1, "b": 2, "c": 3}


def test_a_path_as_target_changes_one_entry():
    xml = diagram(
        start(), script("k", "=5", "tulos", extensions=io(None, {"plan.maara": "=tulos"})), user(), flow="s k; k u"
    )
    assert Walk(xml, {"plan": {"nimi": "x"}}).root()["plan"] == {"nimi": "x", "maara": 5}


def test_a_failing_output_mapping_keeps_the_answers_and_the_retry_goes_on():
    xml = diagram(
        start(), user(extensions=io(None, {"myohassa": '=paiva < date("2026-03-02")'})), user("v"), flow="s u; u v"
    )
    walk = Walk(xml)
    walk.complete("u", paiva="1.3.2026")
    [code] = walk.incidents
    task = next(iter(walk.open.values())).element_instance_key
    walk.set(task, paiva=date(2026, 3, 1))
    walk.retry(code)
    assert walk.tasks == ["v"]
    assert walk.root() == {"myohassa": True}


def test_temporal_values_keep_their_types_in_state():
    values = {"paiva": date(2026, 3, 1), "hetki": datetime(2026, 3, 1, 12, tzinfo=UTC), "kesto": timedelta(days=2)}
    walk = Walk(diagram(start(), user(), user("v"), flow="s u; u v"), values)
    walk.complete("u")
    assert run.read_variables(walk.step.state)[ROOT] == values


def test_an_admin_writes_variables_where_they_are_declared_or_into_the_scope():
    inner = sub("p1", start("s1"), user("a"), flow="s1 a", extensions=io({"oma": "=1"}))
    walk = Walk(diagram(start(), inner, end(), flow="s p1; p1 e"), {"yhteinen": 1})
    scope = next(key for key, name in walk.variables if name == "oma")
    walk.set(scope, oma=2, yhteinen=2, uusi=2)
    walk.set(scope, local=True, yhteinen=3)
    assert run.read_variables(walk.step.state) == {
        ROOT: {"yhteinen": 2, "uusi": 2},
        scope: {"oma": 2, "yhteinen": 3},
    }
    with pytest.raises(NotFound):
        walk.set(999_999, x=1)


def test_no_variable_hides_a_read_only_context():
    xml = diagram(start(), user(), end(), flow="s u; u e")
    with pytest.raises(InvalidInput):
        Walk(xml, {"asia": {"ika": 3}})
    walk = Walk(xml)
    with pytest.raises(InvalidInput):
        walk.complete("u", viite={})


def test_a_task_says_who_does_it_and_by_when():
    people = (
        '<zeebe:assignmentDefinition assignee="=vastuu" candidateGroups="=[&quot;r_a&quot;, &quot;r_b&quot;]"/>'
        '<zeebe:taskSchedule dueDate="=viimeistaan" followUpDate="2026-04-01"/>'
        '<zeebe:priorityDefinition priority="80"/>'
        '<zeebe:formDefinition formId="f_x"/><zeebe:properties><zeebe:property name="kyky.name.sv" value="Fråga"/>'
        '<zeebe:property name="muu" value="1"/></zeebe:properties>'
    )
    walk = Walk(
        diagram(start(), user(extensions=people, name="Kysy"), flow="s u"),
        {"vastuu": "42", "viimeistaan": date(2026, 3, 9)},
    )
    task = walk.one(UserTaskOpened)
    assert (task.assignee, task.candidate_groups, task.priority, task.form_id) == ("42", ("r_a", "r_b"), 80, "f_x")
    assert task.due_at == datetime(2026, 3, 9, 21, 59, 59, tzinfo=UTC)
    assert task.follow_up_at == datetime(2026, 4, 1, 20, 59, 59, tzinfo=UTC)
    assert task.name == {"fi": "Kysy", "sv": "Fråga"}
    assert task.properties == {"kyky.name.sv": "Fråga"}


def test_a_due_date_counts_from_the_moment_of_the_step():
    people = '<zeebe:taskSchedule dueDate="=now() + duration(viite.t_x)"/>'
    walk = Walk(diagram(start(), user(extensions=people), flow="s u"), contexts={"viite": {"t_x": "PT36H"}})
    assert walk.one(UserTaskOpened).due_at == NOW + timedelta(hours=36)


def test_parallel_branches_see_each_others_writes_at_once():
    xml = diagram(start(), parallel("f"), user("a"), user("b"), user("c"), flow="s f; f a; f b; a c")
    walk = Walk(xml)
    walk.complete("b", x=1)
    walk.complete("a", y=2)
    assert walk.root() == {"x": 1, "y": 2}


def test_whole_numbers_beyond_64_bits_are_kept_to_the_digit():
    xml = diagram(start(), user(), user("v", multi("=[n]", sequential=True)), flow="s u; u v")
    walk = Walk(xml, {"n": 10**20})
    walk.complete("u", m=[{"x": -(10**25)}])
    assert run.read_variables(walk.step.state)[ROOT] == {"n": 10**20, "m": [{"x": -(10**25)}]}


@pytest.mark.parametrize("value", [float("nan"), "\ud800", object(), {1: 2}])
def test_what_is_no_feel_value_is_refused_before_anything_happens(value):
    walk = Walk(diagram(start(), user(), end(), flow="s u; u e"))
    with pytest.raises(InvalidInput) as refusal:
        walk.complete("u", x=value)
    assert [(problem.code, problem.place) for problem in refusal.value.problems] == [("variable_value", "x")]
    assert walk.tasks == ["u"]
