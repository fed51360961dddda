/**
 * Keeps a draft on the server while a form is being written: <form data-draft-url="...">.
 *
 * Saved 2.5 s after the last key, when a field is left, when the page is hidden and when the session is about to end. The
 * answer's text goes to [data-draft-state]; only a failure is announced, because a voice every few seconds disturbs.
 *
 * A chosen file goes along once: the answer has what then stands under its input, [data-kyky-files], and the input is
 * emptied. Files that are too large for the server stay in their inputs until the form is sent.
 *
 * Windows with the same form tell each other what was saved. One that shows something else stops saving by itself and says
 * so; the server refuses it too (409), also where the other window is on another machine.
 */
import { announce } from "./announce.js";

const WAIT = 2500;
/** Bytes of all new files together that one request may carry. */
const LARGEST = 20 * 1024 * 1024;

class Draft {
  constructor(form) {
    this.form = form;
    this.state = document.querySelector(form.dataset.draftState || "[data-draft-state]");
    this.saved = this.content();
    this.timer = undefined;
    this.sending = false;
    this.failed = false;
    this.stopped = false;
    this.listen();
    form.addEventListener("input", () => this.later());
    form.addEventListener("change", () => this.later());
    form.addEventListener("focusout", () => this.now());
    form.addEventListener("submit", () => window.clearTimeout(this.timer));
    document.addEventListener("kyky:save-drafts", () => this.now());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") this.leave();
    });
  }

  /** Hear of what other windows have saved of this form. */
  listen() {
    if (!("BroadcastChannel" in window)) return;
    this.others = new BroadcastChannel("kykypolku-drafts");
    this.others.addEventListener("message", ({ data }) => {
      if (data.url === this.form.dataset.draftUrl && this.form.dataset.draftElsewhere) this.stop(this.form.dataset.draftElsewhere);
    });
  }

  /** Save no more by itself; the button still does, and shows what differs. */
  stop(text) {
    window.clearTimeout(this.timer);
    if (!this.stopped) announce(text);
    this.stopped = true;
    if (!this.state) return;
    this.state.textContent = text;
    this.state.dataset.color = "warning";
  }

  /** The inputs with new files, as far as they can be sent along. */
  chosen() {
    const inputs = [...this.form.querySelectorAll("input[type=file]")].filter((input) => input.files.length > 0);
    const bytes = inputs.flatMap((input) => [...input.files]).reduce((sum, file) => sum + file.size, 0);
    return bytes <= LARGEST ? inputs : [];
  }

  /** The fields as they stand, with the files of these inputs. */
  fields(inputs = []) {
    const data = new FormData();
    for (const [name, value] of new FormData(this.form).entries()) if (!(value instanceof File)) data.append(name, value);
    for (const input of inputs) for (const file of input.files) data.append(input.name, file);
    return data;
  }

  content() {
    const files = this.chosen().flatMap((input) => [...input.files].map((file) => [input.name, file.name, file.size, file.lastModified]));
    return new URLSearchParams(this.fields()).toString() + JSON.stringify(files);
  }

  later() {
    window.clearTimeout(this.timer);
    if (!this.stopped) this.timer = window.setTimeout(() => this.now(), WAIT);
  }

  async now() {
    window.clearTimeout(this.timer);
    const content = this.content();
    if (this.stopped || this.sending || content === this.saved) return;
    this.sending = true;
    const inputs = this.chosen();
    const sent = new Map(inputs.map((input) => [input.name, { input, files: [...input.files] }]));
    try {
      const answer = await fetch(this.form.dataset.draftUrl, {
        method: "POST",
        body: this.fields(inputs),
        headers: { Accept: "application/json" },
        signal: AbortSignal.timeout(inputs.length > 0 ? 120_000 : 10_000),
      });
      if (answer.status === 409) {
        this.stop((await answer.json()).text);
        return;
      }
      if (!answer.ok) throw new Error(String(answer.status));
      const { text, files } = await answer.json();
      const unchanged = this.content() === content;
      this.showFiles(files, sent);
      this.saved = unchanged ? this.content() : content;
      this.failed = false;
      if (this.state) this.state.textContent = text;
      this.others?.postMessage({ url: this.form.dataset.draftUrl });
      document.dispatchEvent(new CustomEvent("kyky:saved"));
    } catch {
      this.fail();
    } finally {
      this.sending = false;
      if (this.content() !== this.saved) this.later();
    }
  }

  /** Put what is kept under its input, and empty the input, unless other files were chosen meanwhile. */
  showFiles(lists, sent) {
    for (const [name, list] of Object.entries(lists)) {
      const { input, files } = sent.get(name) ?? {};
      const place = this.form.querySelector(`[data-kyky-files="${CSS.escape(name)}"]`);
      if (!input || !place || files.some((file, index) => input.files[index] !== file)) continue;
      place.innerHTML = list;
      input.value = "";
      announce(input.closest("[data-text-file-kept]")?.dataset.textFileKept ?? "");
    }
  }

  fail() {
    const text = this.form.dataset.draftFailed;
    if (this.state) this.state.textContent = text;
    if (!this.failed) announce(text);
    this.failed = true;
  }

  leave() {
    if (!this.stopped && this.content() !== this.saved) navigator.sendBeacon(this.form.dataset.draftUrl, this.fields());
  }
}

for (const form of document.querySelectorAll("form[data-draft-url]")) new Draft(form);
