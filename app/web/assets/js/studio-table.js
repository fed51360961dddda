/** A decision table: Ctrl+S saves, leaving with changes asks first, arrows with Ctrl go from cell to cell. */
import { autosave } from "./studio/autosave.js";

const form = document.querySelector("form[data-table-editor]");
const cells = [...form.querySelectorAll("textarea[name^='cell.']")];
const content = () => cells.map((cell) => cell.value).join("\0");
const isUnsaved = autosave(form, { unsaved: form.dataset.unsavedText, notSaved: form.dataset.notSavedText }, content, form.hasAttribute("data-unsaved"));
let sent = false;

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
    event.preventDefault();
    form.requestSubmit(form.querySelector("button[value=save]:not([aria-hidden])"));
  }
});

form.addEventListener("keydown", (event) => {
  const cell = event.target.closest?.("textarea[name^='cell.']");
  if (!cell) return;
  // Enter saves as in any field of a form; a new line within a cell is Shift+Enter
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    form.requestSubmit(form.querySelector("button[value=save]:not([aria-hidden])"));
    return;
  }
  const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
  if (!step || !event.ctrlKey) return;
  const [, row, column] = cell.name.split(".").map(Number);
  const next = form.elements[`cell.${row + step[0]}.${column + step[1]}`];
  if (!next) return;
  event.preventDefault();
  next.focus();
});

form.addEventListener("submit", () => {
  sent = true;
});
window.addEventListener("beforeunload", (event) => {
  if (!sent && (form.hasAttribute("data-unsaved") || isUnsaved())) event.preventDefault();
});

// a cell is as high as its text
for (const cell of cells) {
  const fit = () => {
    cell.rows = Math.max(1, cell.value.split("\n").length);
  };
  cell.addEventListener("input", fit);
  fit();
}

// the address names the row or cell that an act or a problem is about
const target = document.getElementById(decodeURIComponent(window.location.hash.slice(1)));
target?.focus();
