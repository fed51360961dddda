/**
 * The studio's editor of a diagram: bpmn-js with our own panel, check and drafts.
 *
 * The facts are in <script id="studio-facts">: addresses, revision and base of the draft, words of the panel and of the
 * drawing tool, and what fields choose from.
 */
import Modeler from "bpmn-js/lib/Modeler";
import zeebe from "zeebe-bpmn-moddle/resources/zeebe.json";

import { Check } from "./studio/check.js";
import { Extensions } from "./studio/extensions.js";
import { Panel } from "./studio/panel.js";
import { Saving } from "./studio/saving.js";
import { Steps } from "./studio/steps.js";

const facts = JSON.parse(document.getElementById("studio-facts").textContent);
const canvas = document.querySelector("[data-canvas]");

/** The tool's own words in the reader's language; placeholders as bpmn-js writes them. */
function translate(text, values = {}) {
  return (facts.tool[text] ?? text).replace(/\{([^}]+)\}/g, (_, name) => values[name] ?? `{${name}}`);
}

function failed(text) {
  const notice = document.querySelector("[data-failed]");
  notice.querySelector("[data-failed-text]").textContent = text;
  notice.hidden = false;
  canvas.dataset.shown = "failed";
}

function wireTools(modeler) {
  const stack = modeler.get("commandStack");
  const acts = { undo: () => stack.undo(), redo: () => stack.redo(), fit: () => modeler.get("canvas").zoom("fit-viewport", "auto") };
  for (const [name, act] of Object.entries(acts)) document.querySelector(`[data-act=${name}]`).addEventListener("click", act);
  modeler.on("commandStack.changed", () => {
    document.querySelector("[data-act=undo]").disabled = !stack.canUndo();
    document.querySelector("[data-act=redo]").disabled = !stack.canRedo();
  });
}

function nameCanvas() {
  for (const svg of canvas.querySelectorAll("svg[tabindex]")) svg.setAttribute("aria-label", canvas.dataset.label);
}

async function open() {
  const answer = await fetch(facts.source, { headers: { Accept: "application/xml" } });
  if (!answer.ok) throw new Error(String(answer.status));
  const modeler = new Modeler({
    container: canvas,
    moddleExtensions: { zeebe },
    additionalModules: [{ translate: ["value", translate] }],
  });
  const { warnings } = await modeler.importXML(await answer.text());
  // what the tool could not read it would drop when it writes: nothing is saved over it
  if (warnings.length > 0) throw new Error(warnings.map((warning) => warning.message).join("; "));
  const extensions = new Extensions(modeler);
  const panel = new Panel(document.querySelector("[data-panel]"), modeler, facts, extensions);
  const check = new Check(modeler, facts, document.querySelector("[data-problems]"), (problems) => panel.setProblems(problems));
  const saving = new Saving(modeler, facts);
  const steps = new Steps(modeler, facts, document.querySelector("[data-steps]"), (id) => check.go(id));
  wireTools(modeler);
  modeler.on("commandStack.changed", () => {
    saving.touch();
    check.later();
    steps.draw();
  });
  modeler.on("selection.changed", () => steps.draw());
  modeler.get("canvas").zoom("fit-viewport", "auto");
  nameCanvas();
  panel.show();
  steps.draw();
  if (facts.focus) check.go(facts.focus);
  canvas.dataset.shown = "yes";
  await check.now();
}

open().catch((error) => {
  failed(`${facts.words.not_opened} (${error.message.slice(0, 300)})`);
  console.warn(error);
});
