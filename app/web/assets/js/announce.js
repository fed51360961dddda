/** One voice: whatever has changed is said in the page's only role=status region. */
const region = document.querySelector("#k-status");
let clearing;

/** Say the text; the same text twice is said twice. */
export function announce(text) {
  if (!region || !text) return;
  region.textContent = "";
  window.clearTimeout(clearing);
  window.setTimeout(() => {
    region.textContent = text;
  }, 50);
  clearing = window.setTimeout(() => {
    region.textContent = "";
  }, 10_000);
}

function announceWithin(root) {
  const spoken = root.matches?.("[data-announce]") ? root : root.querySelector?.("[data-announce]");
  if (spoken) announce(spoken.dataset.announce || spoken.textContent.trim().replace(/\s+/g, " "));
}

/** What the server wrote for this page load, e.g. "Tehtävä palautettu". */
window.setTimeout(() => announceWithin(document), 250);

/** What a partial update brought. */
document.addEventListener("htmx:after:swap", (event) => {
  const target = event.detail?.ctx?.target;
  // an element that replaces the target has its id
  const shown = target?.isConnected ? target : document.getElementById(target?.id ?? "");
  announceWithin(shown ?? document);
});
