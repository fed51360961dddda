/**
 * The panel: plain labels and fields for what is selected. It writes when a field is left or Enter is pressed, never
 * rebuilds a field that somebody is in, and shows what the check says beside the field that it is about.
 */
import { getBusinessObject, is } from "bpmn-js/lib/util/ModelUtil";

import { groupsOf } from "./fields.js";

const APPENDED = ["bpmn:UserTask", "bpmn:ServiceTask", "bpmn:BusinessRuleTask", "bpmn:ScriptTask", "bpmn:SubProcess", "bpmn:ExclusiveGateway", "bpmn:ParallelGateway", "bpmn:IntermediateThrowEvent", "bpmn:EndEvent"];

function make(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === false) continue;
    if (name in node && name !== "list") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

export class Panel {
  constructor(section, modeler, facts, extensions) {
    this.section = section;
    this.body = section.querySelector("[data-panel-body]");
    this.modeler = modeler;
    this.words = facts.words;
    const definitions = () => modeler.getDefinitions();
    const rootElements = Object.assign(() => definitions().rootElements ?? [], { definitions });
    this.context = { words: facts.words, choices: facts.choices, extensions, modeling: modeler.get("modeling"), moddle: modeler.get("moddle"), rootElements };
    this.problems = [];
    this.element = null;
    this.shape = "";
    const bus = modeler.get("eventBus");
    bus.on("selection.changed", () => this.show());
    bus.on(["elements.changed", "commandStack.changed"], () => this.refresh());
  }

  /** What is selected; without a selection the process itself, of a drawing with pools the only one that has any. */
  current() {
    const [selected] = this.modeler.get("selection").get();
    const root = this.modeler.get("canvas").getRootElement();
    const pools = (root?.children ?? []).filter((each) => is(each, "bpmn:Participant") && getBusinessObject(each).processRef);
    const element = selected ?? (pools.length === 1 ? pools[0] : root);
    return element?.labelTarget ?? element;
  }

  show() {
    this.element = this.current();
    this.build();
  }

  refresh() {
    const element = this.current();
    if (!element) return;
    if (element !== this.element || this.shapeOf(element) !== this.shape) {
      this.element = element;
      this.build();
      return;
    }
    for (const update of this.updates) update();
  }

  setProblems(problems) {
    this.problems = problems;
    this.tell();
  }

  shapeOf(element) {
    const groups = groupsOf(element, this.context);
    return JSON.stringify([element.id, getBusinessObject(element).$type, groups.map((group) => [group.id, group.fields.map((field) => [field.id, field.list?.().length])])]);
  }

  build() {
    const element = this.element;
    const focused = this.body.contains(document.activeElement) ? document.activeElement.id : "";
    const open = new Set([...this.body.querySelectorAll("details[data-group]")].filter((each) => !each.open).map((each) => each.dataset.group));
    this.shape = this.shapeOf(element);
    this.updates = [];
    this.checked = [];
    const object = getBusinessObject(element);
    const kind = this.words[`type_${object.$type.split(":")[1]}`] ?? object.$type.split(":")[1];
    const head = make("p", { className: "k-quiet" }, `${kind} `, make("code", {}, object.id ?? ""));
    this.told = make("div", { className: "k-studio__told" });
    const groups = groupsOf(element, this.context).map((group) => {
      const fields = group.fields.map((field) => (field.kind === "rows" ? this.rows(field) : this.field(field)));
      return make("details", { className: "k-studio__group", open: !open.has(group.id), "data-group": group.id }, make("summary", {}, make("h3", {}, group.title)), ...fields);
    });
    this.body.replaceChildren(head, this.told, ...groups, ...this.acts(element));
    if (focused) document.getElementById(focused)?.focus();
    this.tell();
  }

  // -- fields -----------------------------------------------------------------------------------------------------

  field(field) {
    const id = `panel-${field.id}`;
    if (field.kind === "check") return this.check(field, id);
    const input = this.input(field, id);
    const hint = field.hint ? make("p", { className: "k-field__hint", id: `${id}-hint` }, field.hint) : null;
    const error = make("p", { className: "k-field__error", id: `${id}-error`, hidden: true });
    if (hint) input.setAttribute("aria-describedby", hint.id);
    input.addEventListener("change", () => field.set(input.value.trim()));
    this.updates.push(() => {
      if (field.kind === "select") this.fill(input, field);
      const value = String(field.get() ?? "");
      if (input !== document.activeElement && input.value !== value) input.value = value;
    });
    this.checked.push({ input, error, hint, read: () => String(field.get() ?? "") });
    const label = make("label", { htmlFor: id }, field.label, field.feel ? make("abbr", { className: "k-studio__feel", title: this.words.feel_hint }, "FEEL") : null);
    return make("div", { className: "k-field" }, label, hint, input, error, ...this.extras(field, input, id));
  }

  input(field, id) {
    if (field.kind === "select") {
      const select = make("select", { className: "k-input", id });
      this.fill(select, field);
      select.value = field.get() ?? "";
      return select;
    }
    const code = field.feel ? { "data-code": true, spellcheck: false } : {};
    if (field.kind === "long") return make("textarea", { className: "k-input", id, rows: 3, lang: field.lang, value: field.get(), ...code });
    return make("input", { className: "k-input", id, type: "text", autocomplete: "off", lang: field.lang, value: field.get(), list: field.suggestions ? `${id}-list` : undefined, ...code });
  }

  fill(select, field) {
    const value = field.get() ?? "";
    const options = field.options();
    const same = select.options.length === options.length && options.every((option, index) => select.options[index].value === option.value && select.options[index].text === option.text);
    if (!same) select.replaceChildren(...options.map((option) => make("option", { value: option.value }, option.text)));
    select.value = value;
  }

  extras(field, input, id) {
    const found = [];
    if (field.suggestions) {
      found.push(make("datalist", { id: `${id}-list` }, ...field.suggestions.map((each) => make("option", { value: each.value }, each.text))));
    }
    if (field.adds) {
      const select = make("select", { className: "k-input", id: `${id}-adds` }, make("option", { value: "" }, field.adds.label), ...field.adds.options.map((each) => make("option", { value: each.value }, each.text)));
      select.setAttribute("aria-label", field.adds.label);
      select.addEventListener("change", () => {
        if (!select.value) return;
        const parts = String(field.get()).split(",").map((part) => part.trim()).filter(Boolean);
        if (!parts.includes(select.value)) field.set([...parts, select.value].join(", "));
        select.value = "";
      });
      found.push(select);
    }
    return found;
  }

  check(field, id) {
    const input = make("input", { className: "ds-input", id, type: "checkbox", checked: field.get() });
    input.addEventListener("change", () => field.set(input.checked));
    this.updates.push(() => {
      input.checked = field.get();
    });
    return make("div", { className: "ds-field" }, input, make("label", { htmlFor: id }, field.label));
  }

  rows(field) {
    const id = `panel-${field.id}`;
    const list = field.list().map((row, index) => this.row(field, row, `${id}-${index}`, index + 1));
    const add = make("button", { className: "ds-button k-button-small", type: "button", "data-variant": "tertiary", id: `${id}-add` }, `${field.addText}: ${field.label}`);
    add.addEventListener("click", () => {
      field.add();
      document.getElementById(`${id}-${field.list().length - 1}-${field.columns[0].name}`)?.focus();
    });
    return make("fieldset", { className: "k-studio__rows" }, make("legend", {}, field.label), ...list, add);
  }

  row(field, row, id, number) {
    const cells = field.columns.map((column) => {
      const read = () => (column.get ? column.get(row) : (row.get(column.name) ?? ""));
      const input = this.cell(column, row, `${id}-${column.name}`, read());
      const error = make("p", { className: "k-field__error", id: `${id}-${column.name}-error`, hidden: true });
      input.addEventListener("change", () => {
        if (column.set) column.set(row, input.value.trim());
        else field.change(row, column.name, input.value.trim());
      });
      this.updates.push(() => {
        const value = read();
        if (input !== document.activeElement && input.value !== value) input.value = value;
      });
      if (column.feel) this.checked.push({ input, error, hint: null, read });
      return make("div", { className: "k-field" }, make("label", { htmlFor: input.id }, `${column.label} ${number}`), input, error);
    });
    const remove = make("button", { className: "ds-button k-button-small", type: "button", "data-variant": "tertiary" }, `${field.removeText} ${number}`);
    remove.addEventListener("click", () => {
      field.remove(row);
      document.getElementById(`panel-${field.id}-add`)?.focus();
    });
    return make("div", { className: "k-studio__row" }, ...cells, remove);
  }

  cell(column, row, id, value) {
    if (!column.options) {
      return make("input", { className: "k-input", type: "text", id, autocomplete: "off", spellcheck: false, value, "data-code": column.feel });
    }
    const select = make("select", { className: "k-input", id }, ...column.options(row).map((option) => make("option", { value: option.value }, option.text)));
    select.value = value;
    return select;
  }

  // -- what can be done with an element, by keyboard as well -------------------------------------------------------

  acts(element) {
    // a pool that is only shown, because nothing is selected, is not removed by mistake
    if (is(element, "bpmn:Process") || is(element, "bpmn:Collaboration") || !this.modeler.get("selection").isSelected(element)) return [];
    const remove = make("button", { className: "ds-button k-button-small", type: "button", "data-variant": "secondary" }, this.words.remove_element);
    remove.addEventListener("click", () => {
      this.context.modeling.removeElements([element]);
      this.section.focus();
    });
    const found = [remove];
    if (is(element, "bpmn:FlowNode") && !is(element, "bpmn:EndEvent")) {
      const select = make("select", { className: "k-input", id: "panel-append" }, ...APPENDED.map((type) => make("option", { value: type }, this.words[`type_${type.split(":")[1]}`])));
      const add = make("button", { className: "ds-button k-button-small", type: "button", "data-variant": "secondary" }, this.words.append);
      add.addEventListener("click", () => {
        const shape = this.modeler.get("elementFactory").createShape({ type: select.value, ...(select.value === "bpmn:SubProcess" ? { isExpanded: true } : {}) });
        this.modeler.get("autoPlace").append(element, shape);
        document.getElementById("panel-name")?.focus();
      });
      found.unshift(make("div", { className: "k-field" }, make("label", { htmlFor: "panel-append" }, this.words.append_what), select), add);
    }
    return [make("div", { className: "k-studio__acts k-buttons" }, ...found)];
  }

  // -- what the check says ----------------------------------------------------------------------------------------

  tell() {
    if (!this.element || !this.told) return;
    const object = getBusinessObject(this.element);
    const own = this.problems.filter((problem) => problem.element === object.id);
    const beside = new Set();
    for (const { input, error, hint, read } of this.checked) {
      const value = read().trim();
      const problem = value ? own.find((each) => each.expression && each.expression === value.slice(0, 200)) : undefined;
      error.hidden = !problem;
      error.textContent = problem?.text ?? "";
      if (problem) beside.add(problem);
      const described = [hint?.id, problem ? error.id : ""].filter(Boolean).join(" ");
      if (problem) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
      if (described) input.setAttribute("aria-describedby", described);
      else input.removeAttribute("aria-describedby");
    }
    const left = own.filter((problem) => !beside.has(problem));
    this.told.replaceChildren(...left.map((problem) => make("p", { className: problem.severity === "error" ? "k-field__error" : "k-quiet" }, [problem.text, problem.remedy].filter(Boolean).join(" "))));
  }
}
