/**
 * Shows and hides fields as their conditions change. Simple conditions (app/domain/conditions.py) are worked out here by
 * the same three values as FEEL has: true, false, null. Others are asked from the server, which decides in the end anyway.
 */
const WAIT = 400;

/** Work a condition out; `read(key)` gives the texts of an answer, [] where nothing is answered. */
export function holds(condition, read) {
  switch (condition.op) {
    case "not": {
      const result = holds(condition.of[0], read);
      return result === null ? null : !result;
    }
    case "and":
      return joined(condition, read, false);
    case "or":
      return joined(condition, read, true);
    case "contains": {
      const chosen = read(condition.key);
      return chosen.length ? chosen.includes(condition.value) : null;
    }
    case "true":
      return typed(read(condition.key)[0], true);
    default:
      return compared(condition, typed(read(condition.key)[0], condition.value));
  }
}

function joined(condition, read, decisive) {
  const results = condition.of.map((each) => holds(each, read));
  if (results.includes(decisive)) return decisive;
  return results.includes(null) ? null : !decisive;
}

/** Read a text as the type of the value that it is compared with. */
function typed(text, like) {
  if (text === undefined || text.trim() === "") return null;
  if (typeof like === "boolean") return { true: true, false: false }[text] ?? null;
  if (typeof like !== "number") return text.trim();
  const number = Number(text.replace(/\s/g, "").replace(",", ".").replace(/[\u2212\u2013]/, "-"));
  return Number.isFinite(number) ? number : null;
}

function compared({ op, value: limit }, value) {
  if (op === "=") return value === limit;
  if (op === "!=") return value !== limit;
  if (value === null || limit === null) return null;
  return { "<": value < limit, "<=": value <= limit, ">": value > limit, ">=": value >= limit }[op];
}

/** Watch the conditions of a form; returns a function that works them out anew. */
export function watchConditions(fields) {
  const form = fields.closest("form");
  const url = fields.dataset.conditionsUrl;
  let timer;
  let asking;

  const refresh = () => {
    settle(fields);
    if (url) {
      window.clearTimeout(timer);
      timer = window.setTimeout(ask, WAIT);
    }
  };

  const ask = async () => {
    asking?.abort();
    asking = new AbortController();
    try {
      const answer = await fetch(url, {
        method: "POST",
        body: withoutFiles(form),
        headers: { Accept: "application/json" },
        signal: asking.signal,
      });
      if (answer.ok) obey(fields, await answer.json());
    } catch {
      // the page stays as it is; the server decides when the form is sent
    }
  };

  fields.addEventListener("input", refresh);
  fields.addEventListener("change", refresh);
  settle(fields);
  return refresh;
}

/** Hide and show until nothing changes any more: a hidden answer is no answer for the conditions after it. */
function settle(fields) {
  const conditional = [...fields.querySelectorAll("[data-show-if]")];
  for (let round = 0; round <= conditional.length; round += 1) {
    const changes = conditional.map((field) => toggle(field, holds(conditionOf(field, "showIf"), reader(fields, field))));
    switchControls(fields);
    if (!changes.includes(true)) break;
  }
  for (const field of fields.querySelectorAll("[data-required-if]")) {
    require(field, holds(conditionOf(field, "requiredIf"), reader(fields, field)) === true);
  }
}

const parsed = new Map();

function conditionOf(field, name) {
  const text = field.dataset[name];
  if (!parsed.has(text)) parsed.set(text, JSON.parse(text));
  return parsed.get(text);
}

/** Set whether the field is shown; tells whether that changed anything. */
function toggle(field, shown) {
  const changes = field.hasAttribute("data-not-now") === (shown === true);
  if (changes) field.toggleAttribute("data-not-now", shown !== true);
  return changes;
}

/** What is hidden is not sent. */
function switchControls(fields) {
  for (const control of fields.querySelectorAll("input, select, textarea, button")) {
    if (control.closest("[data-kyky-field]")) control.disabled = control.closest("[data-not-now]") !== null;
  }
}

function require(field, required) {
  const mark = field.querySelector("[data-kyky-mark]");
  if (mark) mark.hidden = required;
  const told = field.querySelector("[role=radiogroup]") ?? field.querySelector("input, select, textarea");
  if (required) told?.setAttribute("aria-required", "true");
  else told?.removeAttribute("aria-required");
}

/** Read answers as the field sees them: those of its own row first. */
function reader(fields, field) {
  const row = /^(\w+-\d+-)/.exec(field.dataset.kykyField)?.[1];
  return (key) => {
    const own = row ? controlsOf(fields, row + key) : [];
    return (own.length ? own : controlsOf(fields, key)).flatMap(texts);
  };
}

function controlsOf(fields, name) {
  return [...fields.querySelectorAll(`[name="${name}"]`)];
}

function texts(control) {
  if (control.disabled || control.value === "") return [];
  return ["radio", "checkbox"].includes(control.type) && !control.checked ? [] : [control.value];
}

/** Do what the server says: {hidden: [name], required: [name], computed: {name: text}}. */
function obey(fields, { hidden, required, computed }) {
  for (const field of fields.querySelectorAll("[data-asks-server]")) {
    const name = field.dataset.kykyField;
    if (name.includes("__row__")) continue;
    if (!field.dataset.showIf) toggle(field, !hidden.includes(name));
    if (!field.dataset.requiredIf && field.querySelector("[data-kyky-mark]")) require(field, required.includes(name));
    const output = field.querySelector(`output#f-${name}`);
    if (output && name in computed) output.textContent = computed[name];
  }
  switchControls(fields);
  settle(fields);
}

/** The fields as they stand, without new files; the keys of files that are kept already have the same names and stay. */
function withoutFiles(form) {
  const data = new FormData();
  for (const [name, value] of new FormData(form).entries()) if (!(value instanceof File)) data.append(name, value);
  return data;
}
