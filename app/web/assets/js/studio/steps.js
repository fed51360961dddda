/** The steps as a list: every element can be found, read and selected without the picture. */
import { getBusinessObject, is } from "bpmn-js/lib/util/ModelUtil";

import { nameIn } from "./naming.js";

export class Steps {
  constructor(modeler, facts, list, go) {
    this.modeler = modeler;
    this.words = facts.words;
    this.list = list;
    list.addEventListener("click", (event) => {
      const button = event.target.closest("button[data-element]");
      if (button) go(button.dataset.element);
    });
  }

  draw() {
    const selected = new Set(this.modeler.get("selection").get().map((element) => element.id));
    const elements = this.modeler
      .get("elementRegistry")
      // the sheet that a collapsed sub-process opens has no place of its own
      .filter((element) => !element.labelTarget && (element.parent || element.waypoints) && (is(element, "bpmn:FlowNode") || this.isConditional(element)))
      .sort((one, other) => (one.x ?? one.waypoints[0].x) - (other.x ?? other.waypoints[0].x));
    this.list.replaceChildren(
      ...elements.map((element) => {
        const object = getBusinessObject(element);
        const button = document.createElement("button");
        button.type = "button";
        button.className = "ds-button k-button-small";
        button.dataset.variant = "tertiary";
        button.dataset.element = element.id;
        nameIn(button, object);
        if (selected.has(element.id)) button.setAttribute("aria-current", "true");
        const kind = document.createElement("span");
        kind.className = "k-list__meta";
        kind.textContent = this.words[`type_${object.$type.split(":")[1]}`] ?? "";
        const line = document.createElement("li");
        line.append(button, kind);
        return line;
      }),
    );
  }

  isConditional(element) {
    return is(element, "bpmn:SequenceFlow") && Boolean(getBusinessObject(element).conditionExpression);
  }
}
