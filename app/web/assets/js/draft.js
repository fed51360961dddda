/**
 * Keeps a draft on the server while a form is being written: <form data-draft-url="...">.
 *
 * Saved 2.5 s after the last key, when a field is left, when the page is hidden and when the session is about to end. The
 * answer's text goes to [data-draft-state]; only a failure is announced, because a voice every few seconds disturbs.
 */
import { announce } from "./announce.js";

const WAIT = 2500;

class Draft {
  constructor(form) {
    this.form = form;
    this.state = document.querySelector(form.dataset.draftState || "[data-draft-state]");
    this.saved = this.content();
    this.timer = undefined;
    this.sending = false;
    this.failed = false;
    form.addEventListener("input", () => this.later());
    form.addEventListener("change", () => this.later());
    form.addEventListener("focusout", () => this.now());
    form.addEventListener("submit", () => window.clearTimeout(this.timer));
    document.addEventListener("kyky:save-drafts", () => this.now());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") this.leave();
    });
  }

  /** The fields as they stand; files are not kept in drafts. */
  fields() {
    const data = new FormData(this.form);
    for (const [name, value] of [...data.entries()]) if (value instanceof File) data.delete(name);
    return data;
  }

  content() {
    return new URLSearchParams(this.fields()).toString();
  }

  later() {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.now(), WAIT);
  }

  async now() {
    window.clearTimeout(this.timer);
    const content = this.content();
    if (this.sending || content === this.saved) return;
    this.sending = true;
    try {
      const answer = await fetch(this.form.dataset.draftUrl, {
        method: "POST",
        body: this.fields(),
        headers: { Accept: "application/json" },
        signal: AbortSignal.timeout(10_000),
      });
      if (!answer.ok) throw new Error(String(answer.status));
      const { text } = await answer.json();
      this.saved = content;
      this.failed = false;
      if (this.state) this.state.textContent = text;
      document.dispatchEvent(new CustomEvent("kyky:saved"));
    } catch {
      this.fail();
    } finally {
      this.sending = false;
      if (this.content() !== this.saved) this.later();
    }
  }

  fail() {
    const text = this.form.dataset.draftFailed;
    if (this.state) this.state.textContent = text;
    if (!this.failed) announce(text);
    this.failed = true;
  }

  leave() {
    if (this.content() !== this.saved) navigator.sendBeacon(this.form.dataset.draftUrl, this.fields());
  }
}

for (const form of document.querySelectorAll("form[data-draft-url]")) new Draft(form);
