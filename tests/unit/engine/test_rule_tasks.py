"""Business rule tasks ask a decision with what the element sees."""

from app.engine.decisions import compile_decision
from tests.unit.engine.drawing import diagram, element, io, start, user
from tests.unit.engine.walk import Walk

DMN = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="http://test">
  <decision id="dmn_ika" name="dmn_ika">
    <variable name="dmn_ika"/>
    <informationRequirement id="r1"><requiredInput href="#ika_in"/></informationRequirement>
    <decisionTable id="t" hitPolicy="UNIQUE">
      <input id="i"><inputExpression id="ie" typeRef="number"><text>ika</text></inputExpression></input>
      <output id="o" name="tulos" typeRef="string"/>
      <rule id="ru1"><inputEntry id="e1"><text>&lt; 55</text></inputEntry>
        <outputEntry id="o1"><text>"nuori"</text></outputEntry></rule>
      <rule id="ru2"><inputEntry id="e2"><text>&gt;= 55</text></inputEntry>
        <outputEntry id="o2"><text>"vanha"</text></outputEntry></rule>
    </decisionTable>
  </decision>
  <inputData id="ika_in" name="ika"><variable name="ika" typeRef="number"/></inputData>
</definitions>"""

CALL = '<zeebe:calledDecision decisionId="dmn_ika" resultVariable="tulos"/>'
XML = diagram(
    start(),
    element("businessRuleTask", "r", extensions=CALL + io({"ika": "=asia.ika"}, {"ryhma": "=tulos"})),
    user(),
    flow="s r; r u",
)


def test_a_decision_reads_the_facts_of_the_case_and_only_its_outcome_is_kept():
    walk = Walk(XML, contexts={"asia": {"ika": 57}}, decisions={"dmn_ika": compile_decision(DMN, "dmn_ika")})
    assert walk.root() == {"ryhma": "vanha"}
    [asked] = walk.step.decisions
    assert (asked.decision_id, asked.output, dict(asked.inputs)) == ("dmn_ika", "vanha", {"ika": 57})
    assert asked.matched_rules == (("dmn_ika", 2),)
    assert [name for _, name in walk.variables] == ["ryhma"]


def test_a_decision_that_is_not_published_is_an_incident():
    walk = Walk(XML, contexts={"asia": {"ika": 57}})
    assert walk.incidents == ["decision_missing"]
    assert walk.process.outline.decision_ids == {"dmn_ika"}
