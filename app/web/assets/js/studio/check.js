/** Asks the server what publishing would say, a moment after each change; marks elements and lists what was found. */
import { getBusinessObject, is } from "bpmn-js/lib/util/ModelUtil";

import { announce } from "../announce.js";
import { DRAWN_IN, nameIn } from "./naming.js";
import { send } from "./sending.js";

const WAIT = 700;
/** a diagram that fits the window whole may be too small to read */
const READABLE = 0.8;
const MARKS = { error: "k-studio-error", warning: "k-studio-warning", note: "k-studio-note" };
const COLOURS = { error: "danger", warning: "warning", note: "info" };
/** the worst first; words of the panel by severity */
const WORDS = { error: "refuses", warning: "warning", note: "note" };
const SEVERITIES = Object.keys(WORDS);

export class Check {
  constructor(modeler, facts, section, onProblems) {
    this.modeler = modeler;
    this.facts = facts;
    this.section = section;
    this.onProblems = onProblems;
    this.marked = [];
    this.said = "";
    this.number = 0;
    this.section.addEventListener("click", (event) => {
      const link = event.target.closest("a[data-element]");
      if (!link) return;
      event.preventDefault();
      this.go(link.dataset.element);
    });
  }

  later() {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.now(), WAIT);
  }

  async now() {
    window.clearTimeout(this.timer);
    const number = (this.number += 1);
    const { xml } = await this.modeler.saveXML({ format: true });
    const answer = await send(this.facts, this.facts.check, { content: xml });
    // a later change is being checked already
    if (number !== this.number) return;
    const count = this.section.querySelector("[data-problems-count]");
    if (!answer.ok) {
      count.textContent = this.facts.words.check_failed;
      return;
    }
    const { problems, text } = answer.data;
    for (const problem of problems) problem.element = this.elementOf(problem);
    count.textContent = text;
    if (text !== this.said && this.said) announce(text);
    this.said = text;
    this.list(problems);
    this.mark(problems);
    this.onProblems(problems);
  }

  /** The element in the picture: the place itself, or the one that names what is missing. */
  elementOf(problem) {
    const registry = this.modeler.get("elementRegistry");
    if (problem.place && registry.get(problem.place)) return problem.place;
    if (problem.reference) {
      const naming = registry.find((element) =>
        (getBusinessObject(element).extensionElements?.values ?? []).some((value) => value.decisionId === problem.reference || value.formId === problem.reference),
      );
      if (naming) return naming.id;
    }
    return problem.place;
  }

  list(problems) {
    const list = this.section.querySelector("[data-problems-list]");
    const registry = this.modeler.get("elementRegistry");
    list.hidden = problems.length === 0;
    list.replaceChildren(
      ...problems.map((problem) => {
        const line = document.createElement("li");
        line.dataset.severity = problem.severity;
        const main = document.createElement("span");
        main.className = "k-list__main";
        const shown = registry.get(problem.element);
        const name = document.createElement(shown ? "a" : "strong");
        name.textContent = problem.name || problem.element || this.facts.words.whole_diagram;
        if (shown) {
          nameIn(name, getBusinessObject(shown));
          name.href = `#${problem.element}`;
          name.dataset.element = problem.element;
        } else if (problem.name && document.documentElement.lang !== DRAWN_IN) name.lang = DRAWN_IN;
        const text = document.createElement("span");
        text.textContent = [problem.text, problem.remedy].filter(Boolean).join(" ");
        main.append(name, text);
        const state = document.createElement("span");
        state.className = "k-state";
        state.dataset.color = COLOURS[problem.severity];
        state.textContent = this.facts.words[WORDS[problem.severity]];
        line.append(main, state);
        return line;
      }),
    );
  }

  mark(problems) {
    const canvas = this.modeler.get("canvas");
    const registry = this.modeler.get("elementRegistry");
    const overlays = this.modeler.get("overlays");
    for (const [id, marker] of this.marked) if (registry.get(id)) canvas.removeMarker(id, marker);
    overlays.remove({ type: "k-problem" });
    this.marked = [];
    const worst = new Map();
    for (const severity of SEVERITIES) {
      for (const problem of problems) if (problem.severity === severity && !worst.has(problem.element)) worst.set(problem.element, severity);
    }
    for (const [id, severity] of worst) {
      const element = registry.get(id);
      if (!element) continue;
      canvas.addMarker(id, MARKS[severity]);
      this.marked.push([id, MARKS[severity]]);
      if (severity !== "error" || is(element, "bpmn:Process") || element.waypoints) continue;
      const html = document.createElement("span");
      html.className = "k-overlay";
      html.dataset.color = "danger";
      html.textContent = "!";
      overlays.add(id, "k-problem", { position: { top: -12, right: 14 }, html });
    }
  }

  go(id) {
    const element = this.modeler.get("elementRegistry").get(id);
    if (!element) return;
    const canvas = this.modeler.get("canvas");
    if (canvas.zoom() < READABLE) canvas.zoom(READABLE);
    canvas.scrollToElement(element, 120);
    this.modeler.get("selection").select(element);
    document.querySelector("[data-panel]").focus();
  }
}
