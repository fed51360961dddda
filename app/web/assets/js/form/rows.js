/** Adds and removes rows of repeating groups in place; the buttons are submit buttons that work without this, too. */
import { announce } from "../announce.js";

const PLACEHOLDER = "__row__";

/** Watch the buttons of a form's groups; `added(row)` is told of every new row. */
export function watchRows(fields, added) {
  for (const group of fields.querySelectorAll("[data-kyky-rows]")) renumber(group);
  fields.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=_action]");
    const group = button?.closest("[data-kyky-rows]");
    // the button that takes a file out of a row is the server's
    if (!group || !/^(add|remove):/.test(button.value)) return;
    event.preventDefault();
    if (button.value.startsWith("add:")) {
      const row = addRow(group);
      added(row);
      row.querySelector("input:not([type=hidden]), select, textarea")?.focus();
      announce(fields.dataset.textRowAdded);
    } else {
      button.closest("[data-kyky-row]").remove();
      renumber(group);
      addButton(group).focus();
      announce(fields.dataset.textRowRemoved);
    }
    // what else looks at the form (conditions, draft) hears of it
    group.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

function rowsOf(group) {
  return [...group.querySelectorAll(":scope > [data-kyky-row]")];
}

function templateOf(group) {
  return group.querySelector(":scope > template");
}

function addButton(group) {
  return group.querySelector(":scope > button");
}

function addRow(group) {
  const template = templateOf(group);
  const taken = rowsOf(group).map((row) => Number(row.dataset.kykyRow));
  const position = String(Math.max(-1, ...taken) + 1);
  const row = template.content.firstElementChild.cloneNode(true);
  for (const element of [row, ...row.querySelectorAll("*")]) {
    for (const { name, value } of [...element.attributes]) {
      if (value.includes(PLACEHOLDER)) element.setAttribute(name, value.replaceAll(PLACEHOLDER, position));
    }
  }
  template.before(row);
  renumber(group);
  return row;
}

/** Rows are counted as people see them, and as the server counts them when a button is sent. */
function renumber(group) {
  const like = templateOf(group).content.firstElementChild;
  const legend = like.querySelector("legend").textContent;
  const remove = removeButton(like);
  rowsOf(group).forEach((row, index) => {
    row.querySelector("legend").textContent = legend.replace(PLACEHOLDER, String(index + 1));
    const button = removeButton(row);
    button.textContent = remove.textContent.replace(PLACEHOLDER, String(index + 1));
    button.value = remove.value.replace(PLACEHOLDER, String(index));
  });
  addButton(group).hidden = rowsOf(group).length >= Number(group.dataset.mostRows);
}

function removeButton(row) {
  return row.querySelector(":scope > button");
}
