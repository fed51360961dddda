"""What comes without a drawing gets one: nodes in their lanes, pools below one another, nothing upon another."""

import itertools
import random

import pytest
from lxml import etree

from app.engine.models import import_model
from app.engine.models.layout import lay_out
from app.engine.vocabulary import BPMN, LAYOUT

DC = "http://www.omg.org/spec/DD/20100524/DC"
TWO_POOLS = f"""<definitions xmlns="{BPMN}" targetNamespace="x">
<collaboration id="c">
  <participant id="alue" processRef="p"/><participant id="kela"/><participant id="te" processRef="q"/>
  <messageFlow id="m1" sourceRef="kysy" targetRef="kela"/><messageFlow id="m2" sourceRef="qt" targetRef="tutki"/>
</collaboration>
<process id="p" isExecutable="true">
  <laneSet id="ls"><lane id="sote"><childLaneSet id="cl">
    <lane id="tyo"><flowNodeRef>s</flowNodeRef><flowNodeRef>kysy</flowNodeRef><flowNodeRef>e</flowNodeRef></lane>
    <lane id="terveys"><flowNodeRef>tutki</flowNodeRef><flowNodeRef>osa</flowNodeRef></lane>
  </childLaneSet></lane><lane id="tiimi"><flowNodeRef>sovi</flowNodeRef></lane></laneSet>
  <startEvent id="s"/><userTask id="kysy"><ioSpecification id="io"><dataOutput id="ulos"/><inputSet id="i"/>
    <outputSet id="o"><dataOutputRefs>ulos</dataOutputRefs></outputSet></ioSpecification>
    <dataOutputAssociation id="da"><sourceRef>ulos</sourceRef><targetRef>arvio</targetRef></dataOutputAssociation>
  </userTask>
  <task id="tutki"/><task id="sovi"/><task id="muistuta"/><endEvent id="e"/>
  <subProcess id="osa"><task id="sisalla"/></subProcess>
  <boundaryEvent id="raja" attachedToRef="osa"><timerEventDefinition id="t"><timeDuration>P7D</timeDuration>
  </timerEventDefinition></boundaryEvent>
  <dataObject id="d"/><dataObjectReference id="arvio" dataObjectRef="d"/>
  <textAnnotation id="ohje"><text>Muista</text></textAnnotation>
  <association id="as" sourceRef="kysy" targetRef="ohje"/>
  <sequenceFlow id="f1" sourceRef="s" targetRef="kysy"/><sequenceFlow id="f2" sourceRef="kysy" targetRef="tutki"/>
  <sequenceFlow id="f3" sourceRef="kysy" targetRef="osa"/><sequenceFlow id="f4" sourceRef="osa" targetRef="sovi"/>
  <sequenceFlow id="f5" sourceRef="raja" targetRef="muistuta"/><sequenceFlow id="f6" sourceRef="sovi" targetRef="e"/>
  <sequenceFlow id="f7" sourceRef="tutki" targetRef="sovi"/><sequenceFlow id="f8" sourceRef="muistuta" targetRef="e"/>
</process>
<process id="q" isExecutable="true"><startEvent id="qs"/><task id="qt"/>
<sequenceFlow id="qf" sourceRef="qs" targetRef="qt"/></process>
</definitions>"""


def boxes_of(root):
    """Return x, y, right and bottom of each shape by its element; each is drawn once."""
    found = {}
    for shape in root.iter(f"{{{LAYOUT}}}BPMNShape"):
        bounds = shape.find(f"{{{DC}}}Bounds")
        x, y, width, height = (int(bounds.get(name)) for name in ("x", "y", "width", "height"))
        assert found.setdefault(shape.get("bpmnElement"), (x, y, x + width, y + height)) == (
            x,
            y,
            x + width,
            y + height,
        )
    return found


def holds(outer, inner):
    return outer[0] <= inner[0] and outer[1] <= inner[1] and inner[2] <= outer[2] and inner[3] <= outer[3]


def overlap(one, other):
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def laid_out(text):
    root = etree.fromstring(text)
    assert lay_out(root)
    return root, boxes_of(root)


def test_pools_hold_lanes_and_lanes_their_nodes():
    root, boxes = laid_out(TWO_POOLS)
    for lane, nodes in {
        "alue": ["sote", "tiimi"],
        "sote": ["tyo", "terveys"],
        "tyo": ["s", "kysy", "e", "arvio", "ohje"],
        "terveys": ["tutki", "osa", "muistuta"],
        "tiimi": ["sovi"],
        "osa": ["sisalla"],
        "te": ["qs", "qt"],
    }.items():
        for node in nodes:
            assert holds(boxes[lane], boxes[node]), (lane, node)
    for level in (
        ["alue", "te", "kela"],
        ["tyo", "terveys", "tiimi"],
        ["s", "kysy", "e", "arvio", "ohje", "tutki", "osa"],
    ):
        assert not [pair for pair in itertools.combinations(level, 2) if overlap(*(boxes[each] for each in pair))]
    # lanes fill their pool, beside its name
    assert [boxes[each][0] - boxes["alue"][0] for each in ("sote", "tiimi", "tyo")] == [30, 30, 60]
    assert boxes["tyo"][1] == boxes["alue"][1]
    assert boxes["tiimi"][3] == boxes["alue"][3]
    assert {boxes[each][2] for each in ("tyo", "sote", "tiimi", "te", "kela")} == {boxes["alue"][2]}
    # a boundary event sits on the border
    assert overlap(boxes["raja"], boxes["osa"])
    assert not holds(boxes["osa"], boxes["raja"])
    edges = {edge.get("bpmnElement") for edge in root.iter(f"{{{LAYOUT}}}BPMNEdge")}
    assert edges == {*(f"f{number}" for number in range(1, 9)), "qf", "as", "da", "m1", "m2"}


def test_the_drawing_of_an_import_fits_its_model():
    imported = import_model(TWO_POOLS.encode())
    assert "layout_drawn" in [problem.code for problem in imported.repairs]
    assert import_model(imported.content).repairs == ()


@pytest.mark.parametrize("seed", range(20))
def test_flows_go_to_the_right_unless_they_lead_back(seed):
    chance = random.Random(seed)
    names = [f"n{number}" for number in range(chance.randint(2, 12))]
    forward = {tuple(sorted(chance.sample(range(len(names)), 2))) for _ in range(len(names))}
    forward |= {(number, number + 1) for number in range(len(names) - 1)}
    flows = "".join(f'<sequenceFlow id="f{a}_{b}" sourceRef="n{a}" targetRef="n{b}"/>' for a, b in sorted(forward))
    back = f'<sequenceFlow id="back" sourceRef="{names[-1]}" targetRef="n1"/>'
    lanes = "".join(
        f'<lane id="lane{lane}">{"".join(f"<flowNodeRef>{name}</flowNodeRef>" for name in names[lane::3])}</lane>'
        for lane in range(3)
    )
    tasks = "".join(f'<task id="{name}"/>' for name in names)
    _, boxes = laid_out(
        f'<definitions xmlns="{BPMN}"><collaboration id="c"><participant id="pool" processRef="p"/></collaboration>'
        f'<process id="p"><laneSet>{lanes}</laneSet>{tasks}{flows}{back}</process></definitions>'
    )
    assert all(boxes[f"n{a}"][2] < boxes[f"n{b}"][0] for a, b in forward)
    assert all(holds(boxes[f"lane{number % 3}"], boxes[name]) for number, name in enumerate(names))
    assert not [pair for pair in itertools.combinations(names, 2) if overlap(*(boxes[each] for each in pair))]
