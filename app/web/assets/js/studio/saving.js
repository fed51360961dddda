/**
 * Saves the draft, by itself too a moment after the last change, says its state, and lets a person choose when somebody
 * else was faster. Saving by itself never asks anything: a conflict is told, and waits for the person's own saving.
 */
import { announce } from "../announce.js";
import { send } from "./sending.js";

/** how long nothing changes before the draft is saved by itself, and how long it rests when the server did not answer */
const QUIET = 5_000;
const AGAIN = 30_000;

export class Saving {
  constructor(modeler, facts) {
    this.modeler = modeler;
    this.facts = facts;
    this.changed = false;
    this.saving = undefined;
    this.stopped = false;
    this.timer = undefined;
    this.state = document.querySelector("[data-draft-state]");
    this.button = document.querySelector("[data-act=save]");
    this.publish = document.querySelector("[data-publish]");
    this.dialog = document.querySelector("[data-conflict]");
    this.button.addEventListener("click", () => this.save());
    document.addEventListener("keydown", (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
        event.preventDefault();
        // the field that somebody is in is written first
        document.activeElement?.blur?.();
        this.save();
      }
    });
    window.addEventListener("beforeunload", (event) => {
      if (this.changed) event.preventDefault();
    });
    this.publish.addEventListener("click", async (event) => {
      if (!this.changed) return;
      event.preventDefault();
      if (await this.save()) window.location.assign(this.publish.href);
    });
    this.dialog.addEventListener("click", (event) => this.resolve(event.target.closest("[data-conflict-act]")?.dataset.conflictAct));
  }

  touch() {
    this.changed = true;
    this.button.disabled = false;
    if (this.stopped) return;
    this.say(this.facts.words.unsaved);
    this.later(QUIET);
  }

  later(wait) {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.byItself(), wait);
  }

  async byItself() {
    if (this.stopped || !this.changed) return;
    // a dialog is a question that somebody is answering
    if (this.saving || this.dialog.open) this.later(QUIET);
    else await this.save({}, { quietly: true });
  }

  say(text) {
    this.state.textContent = text;
  }

  async save(more = {}, { quietly = false } = {}) {
    // one after the other: the next is sent with the revision of the one before
    while (this.saving) await this.saving;
    this.saving = this.write(more, quietly);
    try {
      return await this.saving;
    } finally {
      this.saving = undefined;
    }
  }

  async write(more, quietly) {
    window.clearTimeout(this.timer);
    this.say(this.facts.words.saving);
    const before = this.modeler.get("commandStack")._stackIdx;
    const { xml } = await this.modeler.saveXML({ format: true });
    const answer = await send(this.facts, this.facts.save, { content: xml, revision: this.facts.revision, base: this.facts.base, copy: this.facts.copy, quietly: quietly ? "1" : "", ...more });
    if (answer.ok) {
      this.facts.revision = answer.data.revision;
      this.changed = this.modeler.get("commandStack")._stackIdx !== before;
      this.stopped = false;
      this.say(answer.data.text);
      if (!quietly) announce(answer.data.text);
      if (this.changed) this.later(QUIET);
      this.publish.href = answer.data.publish;
      this.publish.hidden = false;
      if (more.copy) window.location.assign(`${window.location.pathname}?copy=1`);
      return true;
    }
    if (quietly) this.rest(answer);
    else if (answer.status === 409) this.conflict(answer.data);
    else this.fail(answer);
    return false;
  }

  /** Say why it was not saved by itself; only where the server did not answer it is tried again without being asked. */
  rest(answer) {
    if (answer.status === 0 || answer.status >= 500) {
      this.say(this.facts.words.not_saved);
      this.later(AGAIN);
      return;
    }
    this.stopped = true;
    if (answer.status === 409) {
      this.say(answer.data.conflict);
      announce(answer.data.conflict);
    } else this.fail(answer);
  }

  fail(answer) {
    const text = answer.data?.problems?.[0]?.text ?? this.facts.words.not_saved;
    this.say(text);
    announce(text);
  }

  conflict(data) {
    this.theirs = data;
    this.say(this.facts.words.not_saved);
    this.dialog.querySelector("[data-conflict-text]").textContent = data.conflict;
    this.dialog.querySelector("[data-conflict-list]").hidden = true;
    this.dialog.showModal();
  }

  async resolve(act) {
    if (!act) return;
    if (act === "compare") {
      await this.compare();
      return;
    }
    this.dialog.close();
    if (act === "theirs") {
      this.changed = false;
      window.location.reload();
    }
    if (act === "over") await this.save({ revision: this.theirs.revision });
    if (act === "copy") {
      this.changed = false;
      await this.save({ revision: 0, copy: "1" });
    }
  }

  async compare() {
    const { xml } = await this.modeler.saveXML({ format: true });
    const answer = await send(this.facts, this.facts.compare, { content: xml });
    const list = this.dialog.querySelector("[data-conflict-list]");
    const lines = answer.ok ? answer.data.differences : [];
    const texts = lines.map((line) => [line.change_text, line.kind_text, line.name].filter(Boolean).join(" · "));
    list.replaceChildren(
      ...(texts.length > 0 ? texts : [this.facts.words.no_differences]).map((text) => {
        const item = document.createElement("li");
        item.textContent = text;
        return item;
      }),
    );
    list.hidden = false;
  }
}
