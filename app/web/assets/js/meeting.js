/**
 * A team's meeting: says how many minutes the client's turn has lasted, beside its plain time. Nothing moves; that the
 * time is up is said aloud once.
 */
import { announce } from "./announce.js";

const EVERY = 15_000;

function count(element) {
  const text = element.querySelector("[data-turn-text]");
  const began = Date.parse(element.dataset.turn);
  const planned = Number(element.dataset.minutes);
  const plain = text.textContent;
  let said = Date.now() - began > planned * 60_000;

  function show() {
    const minutes = Math.floor((Date.now() - began) / 60_000);
    // a clock of the browser that is wrong by hours tells nothing
    if (minutes < 0 || minutes > 600) {
      text.textContent = plain;
      return;
    }
    const over = minutes >= planned;
    text.textContent = (over ? element.dataset.over : element.dataset.goes)
      .replace("{minutes}", String(minutes))
      .replace("{planned}", String(planned));
    element.dataset.color = over ? "warning" : "";
    if (over && !said) announce(text.textContent);
    said ||= over;
  }

  show();
  window.setInterval(show, EVERY);
}

for (const element of document.querySelectorAll("[data-turn]")) count(element);
