/**
 * Single-letter keys in lists: j and k move, Enter opens (the link has focus), t takes, x marks, / searches, ? tells all.
 * In a meeting n takes the next client, in the consultation hour the next item.
 * They can be switched off in the person's menu (WCAG 2.1.4) and never act while somebody types.
 */
const off = document.documentElement.dataset.shortcuts === "off";

function typing(target) {
  return target.closest?.("input, textarea, select, [contenteditable], dialog[open], [popover]:popover-open, .djs-container");
}

function rows() {
  return [...document.querySelectorAll("[data-row]")];
}

function move(step) {
  const all = rows();
  if (all.length === 0) return;
  const at = all.findIndex((row) => row.contains(document.activeElement));
  const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
  next.querySelector("a")?.focus();
  next.scrollIntoView({ block: "nearest" });
}

const keys = {
  j: () => move(1),
  k: () => move(-1),
  t: () => document.activeElement?.closest("[data-row]")?.querySelector("[data-take]")?.click(),
  x: () => document.activeElement?.closest("[data-row]")?.querySelector("[data-mark]")?.click(),
  n: () => document.querySelector("[data-next]")?.click(),
  "/": () => document.querySelector("[data-search]")?.focus(),
  "?": () => document.querySelector("#k-shortcuts")?.showModal(),
};

if (!off) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}

/** Ctrl+K (Cmd+K) is no single key: it works while somebody types, and whether single keys are on or off. */
async function openPalette() {
  // not while another question waits for its answer
  if (!document.querySelector("#k-palette") || document.querySelector("dialog[open]:not(#k-palette)")) return;
  document.querySelector("[popover]:popover-open")?.hidePopover();
  const palette = await import("./palette.js");
  palette.open();
}

document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
  event.preventDefault();
  openPalette();
});

for (const button of document.querySelectorAll("[data-palette]")) {
  button.hidden = false;
  button.addEventListener("click", openPalette);
}
