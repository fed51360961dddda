/** Saves the draft, says its state, and lets a person choose when somebody else was faster. */
import { announce } from "../announce.js";
import { send } from "./sending.js";

export class Saving {
  constructor(modeler, facts) {
    this.modeler = modeler;
    this.facts = facts;
    this.changed = false;
    this.saving = false;
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
    this.say(this.facts.words.unsaved);
  }

  say(text) {
    this.state.textContent = text;
  }

  async save(more = {}) {
    if (this.saving) return false;
    this.saving = true;
    this.say(this.facts.words.saving);
    const before = this.modeler.get("commandStack")._stackIdx;
    const { xml } = await this.modeler.saveXML({ format: true });
    const answer = await send(this.facts, this.facts.save, { content: xml, revision: this.facts.revision, base: this.facts.base, copy: this.facts.copy, ...more });
    this.saving = false;
    if (answer.ok) {
      this.facts.revision = answer.data.revision;
      this.changed = this.modeler.get("commandStack")._stackIdx !== before;
      this.say(answer.data.text);
      announce(answer.data.text);
      this.publish.href = answer.data.publish;
      this.publish.hidden = false;
      if (more.copy) window.location.assign(`${window.location.pathname}?copy=1`);
      return true;
    }
    if (answer.status === 409) this.conflict(answer.data);
    else this.fail(answer);
    return false;
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
