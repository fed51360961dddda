/**
 * Single-letter keys in lists: j and k move, Enter opens (the link has focus), t takes, x marks, / searches, ? tells all.
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
  x: () => document.activeElement?.closest("[data-row]")?.querySelector("[data-mark], [name=key]")?.click(),
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
