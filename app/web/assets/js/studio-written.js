/** A model as text: the check and the preview follow what is typed; without this they come with the next page. */
import { announce } from "./announce.js";
import { autosave } from "./studio/autosave.js";
import { send } from "./studio/sending.js";

const WAIT = 900;
const facts = JSON.parse(document.getElementById("studio-facts").textContent);
const form = document.querySelector("form[data-written]");
const area = form.querySelector("textarea");
facts.token = form.querySelector("[name=csrf_token]").value;
const isUnsaved = autosave(form, facts.words, () => area.value, Boolean(facts.unsaved));
let timer;
let number = 0;
let said = "";
let sent = false;

/** Return the place of a path of keys in the text: sections.0.fields.2 is the third field of the first section. */
function lineOf(problem) {
  const quoted = [problem.name, problem.place?.split(".").at(-1)].filter(Boolean).map((name) => `"${name}"`);
  const at = Math.max(-1, ...quoted.map((text) => area.value.indexOf(text)));
  return at < 0 ? 0 : area.value.slice(0, at).split("\n").length;
}

function goTo(line) {
  const lines = area.value.split("\n");
  const start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
  area.focus();
  area.setSelectionRange(start, start + lines[line - 1].length);
  area.scrollTop = (line - 4) * parseFloat(getComputedStyle(area).lineHeight);
}

function lineButton(line) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "ds-button k-button-small";
  button.dataset.variant = "tertiary";
  button.textContent = facts.words.line.replace("{number}", String(line));
  button.addEventListener("click", () => goTo(line));
  return button;
}

function told(problem) {
  const item = document.createElement("li");
  item.dataset.severity = problem.severity;
  const main = document.createElement("span");
  main.className = "k-list__main";
  const name = document.createElement("strong");
  name.textContent = problem.name;
  const text = document.createElement("span");
  text.textContent = problem.text;
  main.append(name, text);
  const state = document.createElement("span");
  state.className = "k-state";
  state.dataset.color = { error: "danger", warning: "warning" }[problem.severity] ?? "info";
  state.textContent = facts.words[{ error: "refuses", warning: "warning" }[problem.severity] ?? "note"];
  const line = lineOf(problem);
  item.append(main, ...(line ? [lineButton(line)] : []), state);
  return item;
}

async function look() {
  const mine = (number += 1);
  const fields = { content: area.value };
  const [check, preview] = await Promise.all([send(facts, facts.check, fields), facts.preview ? send(facts, facts.preview, fields) : null]);
  if (mine !== number) return;
  const count = document.querySelector("[data-problems-count]");
  count.textContent = check.ok ? check.data.text : facts.words.failed;
  if (check.ok) {
    if (said && said !== check.data.text) announce(check.data.text);
    said = check.data.text;
    const list = document.querySelector("[data-problems-list]");
    list.hidden = check.data.problems.length === 0;
    list.replaceChildren(...check.data.problems.map(told));
  }
  if (preview?.ok) show(preview.data);
}

function show(html) {
  const place = document.querySelector("[data-preview]");
  const made = new DOMParser().parseFromString(html, "text/html").body;
  if (made.childElementCount > 0) place.replaceChildren(...made.childNodes);
  else place.textContent = facts.words.noPreview;
}

area.addEventListener("input", () => {
  window.clearTimeout(timer);
  timer = window.setTimeout(look, WAIT);
});
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
    event.preventDefault();
    form.requestSubmit(form.querySelector("button[value=save]"));
  }
});
form.addEventListener("submit", () => {
  sent = true;
});
window.addEventListener("beforeunload", (event) => {
  if (!sent && (facts.unsaved || isUnsaved())) event.preventDefault();
});
look();
