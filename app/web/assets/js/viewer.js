/**
 * Shows a process diagram and what is going on in it.
 *
 * <section class="k-diagram" data-diagram="address of the XML" data-facts="id of a JSON script element"> ... The facts are
 * {"here": [ids], "been": [ids], "counts": {id: number}, "incidents": {id: number}, "focus": id, "words": {...}}.
 * The page tells the same facts as a list; the picture is never the only place.
 */
import NavigatedViewer from "bpmn-js/lib/NavigatedViewer";

const ZOOM_STEP = 1.25;

function factsOf(section) {
  const source = document.getElementById(section.dataset.facts ?? "");
  return source ? JSON.parse(source.textContent) : {};
}

function mark(canvas, registry, ids, name) {
  for (const id of ids ?? []) if (registry.get(id)) canvas.addMarker(id, name);
}

function badge(text, title, colour) {
  const html = document.createElement("span");
  html.className = "k-overlay";
  html.textContent = text;
  html.title = title;
  if (colour) html.dataset.color = colour;
  return html;
}

function decorate(viewer, facts) {
  const canvas = viewer.get("canvas");
  const registry = viewer.get("elementRegistry");
  const overlays = viewer.get("overlays");
  const words = facts.words ?? {};
  mark(canvas, registry, facts.been, "k-been");
  mark(canvas, registry, facts.here, "k-here");
  for (const [id, count] of Object.entries(facts.counts ?? {})) {
    if (registry.get(id)) {
      overlays.add(id, { position: { bottom: 11, left: -8 }, html: badge(String(count), words.tokens ?? "") });
    }
  }
  for (const [id, count] of Object.entries(facts.incidents ?? {})) {
    if (!registry.get(id)) continue;
    canvas.addMarker(id, "k-trouble-here");
    overlays.add(id, { position: { top: -12, right: 14 }, html: badge(`! ${count}`, words.incidents ?? "", "danger") });
  }
}

/** Show everything where it can be read, else the middle of what matters. */
function place(viewer, facts) {
  const canvas = viewer.get("canvas");
  canvas.zoom("fit-viewport", "auto");
  const focus = viewer.get("elementRegistry").get(facts.focus ?? facts.here?.[0]);
  if (focus && canvas.zoom() < 0.6) {
    canvas.zoom(0.75);
    canvas.scrollToElement(focus, 60);
    const box = canvas.viewbox();
    canvas.viewbox({
      x: focus.x + (focus.width ?? 0) / 2 - box.width / 2,
      y: focus.y + (focus.height ?? 0) / 2 - box.height / 2,
      width: box.width,
      height: box.height,
    });
  }
}

function tools(section, viewer, facts) {
  const canvas = viewer.get("canvas");
  const acts = {
    in: () => canvas.zoom(canvas.zoom() * ZOOM_STEP),
    out: () => canvas.zoom(canvas.zoom() / ZOOM_STEP),
    fit: () => canvas.zoom("fit-viewport", "auto"),
    enlarge: () => enlarge(section, viewer, facts),
  };
  const bar = section.querySelector(".k-diagram__tools");
  if (!bar) return;
  bar.hidden = false;
  bar.addEventListener("click", (event) => acts[event.target.closest("[data-act]")?.dataset.act]?.());
}

/** Move the picture into a dialog over the whole window, and back when it closes. */
function enlarge(section, viewer, facts) {
  const dialog = document.getElementById(section.dataset.dialog ?? "");
  if (!dialog || dialog.open) return;
  const home = document.createComment("diagram");
  section.replaceWith(home);
  dialog.append(section);
  dialog.addEventListener(
    "close",
    () => {
      home.replaceWith(section);
      viewer.get("canvas").resized();
      place(viewer, facts);
      section.querySelector("[data-act=enlarge]")?.focus();
    },
    { once: true },
  );
  dialog.showModal();
  viewer.get("canvas").resized();
  viewer.get("canvas").zoom("fit-viewport", "auto");
}

/** A step in the list and its element in the picture are one selection. */
function linkList(viewer) {
  const canvas = viewer.get("canvas");
  const registry = viewer.get("elementRegistry");
  for (const item of document.querySelectorAll("[data-shows-element]")) {
    item.addEventListener("click", (event) => {
      const element = registry.get(item.dataset.showsElement);
      if (!element) return;
      event.preventDefault();
      canvas.scrollToElement(element, 80);
      viewer.get("selection").select(element);
    });
  }
  viewer.on("element.click", ({ element }) => {
    for (const row of document.querySelectorAll("[data-element]")) {
      row.toggleAttribute("data-new", row.dataset.element === element.id);
    }
  });
}

async function show(section) {
  const container = section.querySelector(".k-diagram__canvas");
  const failed = section.querySelector("[data-diagram-failed]");
  try {
    const answer = await fetch(section.dataset.diagram, { headers: { Accept: "application/xml, text/xml" } });
    if (!answer.ok) throw new Error(`the diagram answered ${answer.status}`);
    const xml = await answer.text();
    const facts = factsOf(section);
    const viewer = new NavigatedViewer({ container });
    await viewer.importXML(xml);
    decorate(viewer, facts);
    place(viewer, facts);
    tools(section, viewer, facts);
    linkList(viewer);
    for (const svg of container.querySelectorAll("svg[tabindex]")) svg.setAttribute("aria-label", section.dataset.label ?? "");
    section.dataset.shown = "yes";
  } catch (error) {
    if (failed) failed.hidden = false;
    section.dataset.shown = "failed";
    console.error(error);
  }
}

for (const section of document.querySelectorAll("[data-diagram]")) show(section);
