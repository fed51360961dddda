/**
 * The palette: a combobox over a list of places, views, beginnings and switches. What it offers, the pages offer too.
 *
 * The input keeps the focus; arrows move the active option, Enter follows it, Escape closes the dialog.
 */
const dialog = document.querySelector("#k-palette");
const input = dialog.querySelector("input");
const list = dialog.querySelector("[role=listbox]");
const count = dialog.querySelector("[data-palette-count]");
const MOST = 30;
let entries = [];
let shown = [];
let active = 0;

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** Switches are the buttons of the person's menu, which is on every page. */
function switches() {
  return [...document.querySelectorAll(".k-menu .k-choice[name]:not([aria-pressed=true])")].map((button) => ({
    group: button.closest(".k-menu__group").querySelector(".k-menu__title").textContent.trim(),
    text: button.textContent.trim(),
    act: () => button.click(),
  }));
}

/** What was typed may itself be looked for. */
function searches(text) {
  if (!text) return [];
  const query = encodeURIComponent(text);
  const found = [
    { group: dialog.dataset.search, text: dialog.dataset.tasks.replace("…", text), address: `/worklist?tab=all&text=${query}` },
  ];
  if (/\d/.test(text)) {
    found.unshift({ group: dialog.dataset.search, text: dialog.dataset.cases.replace("…", text), address: `/cases?number=${query}&open=1` });
  }
  return found;
}

function matching(text) {
  const words = plain(text).split(/\s+/).filter(Boolean);
  const fits = (entry) => words.every((word) => plain(`${entry.group} ${entry.text}`).includes(word));
  return [...[...entries, ...switches()].filter(fits).slice(0, MOST), ...searches(text)];
}

function draw() {
  shown = matching(input.value.trim());
  active = 0;
  list.replaceChildren();
  let group;
  for (const [number, entry] of shown.entries()) {
    if (group?.getAttribute("aria-label") !== entry.group) {
      group = document.createElement("div");
      group.setAttribute("role", "group");
      group.setAttribute("aria-label", entry.group);
      const title = document.createElement("p");
      title.className = "k-palette__group";
      title.setAttribute("aria-hidden", "true");
      title.textContent = entry.group;
      group.append(title);
      list.append(group);
    }
    const option = document.createElement("div");
    option.id = `k-palette-${number}`;
    option.className = "k-palette__option";
    option.setAttribute("role", "option");
    option.textContent = entry.text;
    option.addEventListener("click", () => follow(number));
    group.append(option);
  }
  count.textContent = shown.length ? "" : dialog.dataset.none;
  mark();
}

function mark() {
  for (const [number, option] of list.querySelectorAll("[role=option]").entries()) {
    option.setAttribute("aria-selected", String(number === active));
    if (number === active) option.scrollIntoView({ block: "nearest" });
  }
  if (shown.length) input.setAttribute("aria-activedescendant", `k-palette-${active}`);
  else input.removeAttribute("aria-activedescendant");
  input.setAttribute("aria-expanded", String(shown.length > 0));
}

function follow(number) {
  const entry = shown[number];
  if (!entry) return;
  dialog.close();
  if (entry.act) entry.act();
  else window.location.assign(entry.address);
}

const moves = {
  ArrowDown: () => (active + 1) % shown.length,
  ArrowUp: () => (active - 1 + shown.length) % shown.length,
  PageDown: () => Math.min(active + 8, shown.length - 1),
  PageUp: () => Math.max(active - 8, 0),
};

input.addEventListener("input", draw);
input.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if (event.key === "Enter") {
    event.preventDefault();
    follow(active);
  } else if (moves[event.key] && shown.length) {
    event.preventDefault();
    active = moves[event.key]();
    mark();
  }
});

/** Open the palette, empty; what it leads to is asked for anew, because rights and views change. */
export async function open() {
  input.value = "";
  if (!dialog.open) dialog.showModal();
  input.focus();
  draw();
  try {
    const answer = await fetch("/palette", { headers: { Accept: "application/json" } });
    if (answer.ok) entries = await answer.json();
  } catch {
    // without the network the switches and searches are still there
  }
  draw();
}
