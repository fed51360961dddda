/**
 * Marked rows of a list: the box of the head marks the page's, the count is said, the buttons come when there is a mark.
 * They stand below the rows, which therefore stay where they are. Without this module all of it is there from the start.
 */
import { announce } from "./announce.js";

const boxes = () => [...document.querySelectorAll("[data-mark]")];

function show(spoken) {
  const all = boxes();
  const marked = all.filter((box) => box.checked).length;
  const head = document.querySelector("[data-mark-all]");
  if (head) {
    head.checked = marked > 0 && marked === all.length;
    head.indeterminate = marked > 0 && marked < all.length;
  }
  const form = document.querySelector("#handling");
  if (form) form.hidden = marked === 0;
  const count = form?.querySelector("[data-marked-count]");
  if (!count) return;
  // the texts are the server's, with a number that stands for the count
  count.textContent = marked === 1 ? count.dataset.one : count.dataset.many.replace(/1\D?000/, String(marked));
  if (spoken) announce(count.textContent);
}

function offer() {
  const head = document.querySelector("[data-mark-all]");
  if (!head) return;
  head.hidden = false;
  show(false);
}

document.addEventListener("change", (event) => {
  const box = event.target;
  if (box.matches?.("[data-mark-all]")) for (const other of boxes()) other.checked = box.checked;
  else if (!box.matches?.("[data-mark]")) return;
  show(true);
});

// a list that has come by itself has a head of its own
document.addEventListener("htmx:after:swap", offer);
offer();
