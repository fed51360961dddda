"""
The interchange suite of the BPMN Model Interchange Working Group: exports of ten tools.

Each file can be imported and its copy published, nothing of it is lost, and the library of the editor reads the copy
without a warning. Runs on the part of the suite that lies beside the project, and is skipped where there is none.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from lxml import etree

from app.domain.errors import InvalidInput
from app.engine.diagrams import read_diagram
from app.engine.models import import_model
from app.engine.reader import read_drawing

ROOT = Path(__file__).parents[2]
SUITES = Path(os.environ.get("CONFORMANCE_SUITES", ROOT.parent / "shared" / "suites"))
FILES = sorted((SUITES / "bpmn-miwg").glob("*/*.bpmn"))
NODE = Path(sys.executable).with_name("node")
BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
KEPT = "{urn:kykypolku:import}kept"
#: every so many-th file is looked at each time, all of them by `make fuzz`
STEP = 8
#: of all files whose copies have to run
LEAST_RUNNING = 0.95

pytestmark = pytest.mark.skipif(not FILES, reason="the suite is not beside the project")

#: what bpmn-js does with a file before it draws: read it, and walk from the shapes to what they stand for
READ = """
import { readFileSync } from "node:fs";
import { BpmnModdle } from "bpmn-moddle";
import BpmnTreeWalker from "bpmn-js/lib/import/BpmnTreeWalker";
import zeebe from "zeebe-bpmn-moddle/resources/zeebe.json";
const told = [];
for (const xml of JSON.parse(readFileSync(0, "utf8"))) {
  const { rootElement, warnings } = await new BpmnModdle({ zeebe }).fromXML(xml);
  const found = warnings.map((warning) => warning.message);
  const drawn = [];
  const walker = new BpmnTreeWalker({
    root: (element) => element,
    element: (element) => { drawn.push(element.id); return element; },
    error: (message) => found.push(message),
  });
  for (const diagram of rootElement.diagrams) walker.handleDefinitions(rootElement, diagram);
  told.push({ found, drawn: drawn.length });
}
console.log(JSON.stringify(told));
"""


def imported(path):
    try:
        return import_model(path.read_bytes())
    except InvalidInput:
        return None


def runs(copy):
    try:
        read_diagram(copy.content)
    except InvalidInput:
        return False
    return True


def parts(xml):
    """Return the elements of a diagram by id with their names."""
    return {
        element.get("id"): " ".join(element.get("name", "").split())
        for element in read_drawing(xml).iter(f"{{{BPMN}}}*")
        if element.get("id")
    }


def lost(copy):
    """Return what is in the original and neither in the copy, nor kept in it as text, nor told as renamed."""
    kept = "".join(each.text or "" for each in etree.fromstring(copy.content).iter(KEPT))
    told = {str(finding.values.get("old")) for finding in copy.repairs if finding.code == "id_renamed"}
    before, after = parts(copy.original), parts(copy.content)
    missing = [key for key, name in before.items() if key not in after or (name and after[key] != name)]
    return [key for key in missing if f'id="{key}"' not in kept and key not in told]


def check(files):
    copies = {path: copy for path in files if (copy := imported(path)) is not None}
    running = [path for path, copy in copies.items() if runs(copy)]
    assert {path.name: lost(copy) for path, copy in copies.items() if lost(copy)} == {}
    assert len(running) >= LEAST_RUNNING * len(files), sorted(set(files) - set(running))
    return list(copies.values())


def told_by_editor(copies, folder):
    bundle = [ROOT / "node_modules/.bin/esbuild", "--bundle", "--platform=node", "--format=esm", "--log-level=error"]
    program = folder / "read.mjs"
    program.write_text(said(bundle, READ))
    return json.loads(said([NODE, program], json.dumps([copy.content.decode() for copy in copies])))


def said(command, given):
    return subprocess.run(command, cwd=ROOT, input=given, capture_output=True, text=True, check=True).stdout


def test_a_part_of_the_suite_runs_loses_nothing_and_opens_in_the_editor(tmp_path):
    copies = check(FILES[::STEP])
    told = told_by_editor(copies, tmp_path)
    assert [each["found"] for each in told if each["found"]] == []
    assert all(each["drawn"] for each in told)


@pytest.mark.fuzz
def test_the_whole_part_of_the_suite_runs_loses_nothing_and_opens_in_the_editor(tmp_path):
    told = told_by_editor(check(FILES), tmp_path)
    assert [each["found"] for each in told if each["found"]] == []
