"""
What the drawing tool reads it writes again: no extension of any pathway is lost by opening and saving.

Runs the very library and descriptor that the editor is built from, without a browser.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from lxml import etree

ROOT = Path(__file__).resolve().parents[3]
NODE = Path(sys.executable).with_name("node")
FILES = [
    *sorted((ROOT / "processes").rglob("*.bpmn")),
    *sorted((ROOT / "tests/conformance/golden").glob("*.bpmn")),
]
#: what these say where nothing is said (BPMN 2.0, tables 10.84 and 10.93); all other flags are false then
DEFAULTS = {("waitForCompletion", "true"), ("cancelActivity", "true"), ("isInterrupting", "true")}
SCRIPT = """
import { readFile } from "node:fs/promises";
import { BpmnModdle } from "bpmn-moddle";
const zeebe = JSON.parse(await readFile("node_modules/zeebe-bpmn-moddle/resources/zeebe.json", "utf8"));
const written = [];
for (const name of process.argv.slice(1)) {
  const moddle = new BpmnModdle({ zeebe });
  const { rootElement, warnings } = await moddle.fromXML(await readFile(name, "utf8"));
  const { xml } = await moddle.toXML(rootElement, { format: true });
  written.push({ xml, warnings: warnings.map((warning) => warning.message) });
}
console.log(JSON.stringify(written));
"""


@pytest.fixture(scope="module")
def saved():
    run = subprocess.run(
        [NODE, "--input-type=module", "-e", SCRIPT, "--", *map(str, FILES)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(zip(FILES, json.loads(run.stdout), strict=True))


def elements(xml: bytes) -> Counter[str]:
    """Return every element with its place among elements that have ids, its attributes and its text."""
    root = etree.fromstring(xml)
    found: Counter[str] = Counter()
    for element in root.iter("{*}*"):
        holders = [each.get("id") for each in element.iterancestors() if each.get("id")]
        attributes = sorted(item for item in element.attrib.items() if item not in DEFAULTS and item[1] != "false")
        found[json.dumps([element.tag, holders[:1], attributes, (element.text or "").strip()])] += 1
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_opening_and_saving_keeps_everything(saved, path):
    assert saved[path]["warnings"] == []
    before, after = elements(path.read_bytes()), elements(saved[path]["xml"].encode())
    assert before - after == Counter()
    assert after - before == Counter()
