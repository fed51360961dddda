/**
 * The consultation hour: checks the text for what identifies while it is being written, and counts the minutes of an
 * item. Without this the button "check" does the same, and the minutes are written by hand.
 *
 * <form data-check-url="..."> with [data-found] and [data-found-title]; the server answers {html, said, stopped}.
 */
import { announce } from "./announce.js";

const WAIT = 900;

class Check {
  constructor(form) {
    this.form = form;
    this.found = form.querySelector("[data-found]");
    this.title = form.querySelector("[data-found-title]");
    this.said = "";
    this.asked = 0;
    form.addEventListener("input", (event) => {
      if (event.target.matches("textarea, input[type=text]")) this.later();
    });
  }

  later() {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.now(), WAIT);
  }

  async now() {
    const number = (this.asked += 1);
    const response = await fetch(this.form.dataset.checkUrl, {
      method: "POST",
      body: new URLSearchParams(new FormData(this.form)),
      headers: { Accept: "application/json" },
      credentials: "same-origin",
    }).catch(() => undefined);
    if (!response?.ok || number !== this.asked) return;
    const answer = await response.json();
    // made by our own template, which escapes what was typed
    this.found.innerHTML = answer.html;
    this.title.classList.toggle("k-sr", !answer.html.trim());
    if (answer.said !== this.said) announce(answer.said);
    this.said = answer.said;
  }
}

for (const form of document.querySelectorAll("form[data-check-url]")) new Check(form);

/** Minutes since the item was taken in hand, kept by this browser only: the product writes no moment of an item. */
class Timer {
  constructor(element) {
    this.element = element;
    this.text = element.querySelector("[data-timer-text]");
    this.item = document.querySelector('form[action$="/answer"] input[name=item]')?.value ?? "";
    this.began = this.begin();
    this.show();
    window.setInterval(() => this.show(), 15_000);
  }

  begin() {
    const key = `kykypolku-hour-${this.element.dataset.timer}`;
    try {
      const [item, began] = (sessionStorage.getItem(key) ?? "").split(" ");
      if (item === this.item && began) return Number(began);
      sessionStorage.setItem(key, `${this.item} ${Date.now()}`);
    } catch {
      // a browser that keeps nothing counts from now
    }
    return Date.now();
  }

  show() {
    const gone = Math.floor((Date.now() - this.began) / 60_000);
    const left = Number(this.element.dataset.minutes) - gone;
    const words = left > 0 ? this.element.dataset.left : this.element.dataset.over;
    this.text.textContent = words.replace("{minutes}", String(Math.abs(left)));
    this.element.dataset.color = left > 3 ? "" : left > 0 ? "warning" : "danger";
    const minutes = document.querySelector("#f-kesto_min");
    if (minutes && !minutes.dataset.typed && document.activeElement !== minutes) minutes.value = String(Math.max(1, gone));
    minutes?.addEventListener("input", () => (minutes.dataset.typed = "yes"), { once: true });
  }
}

for (const element of document.querySelectorAll("[data-timer]")) if (document.querySelector('form[action$="/answer"]')) new Timer(element);
