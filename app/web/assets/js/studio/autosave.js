/**
 * Saves a form of the studio by itself a moment after the last change. A conflict or refusal is told once and waits for
 * the person's own saving, which offers what to do.
 */
import { announce } from "../announce.js";
import { send } from "./sending.js";

const QUIET = 5_000;
const AGAIN = 30_000;

/**
 * @param words {unsaved, notSaved}
 * @param content returns what would be saved, as one text
 * @param undecided whether the page asks what to do with what was typed: then nothing is saved without an answer
 * @returns a function that tells whether something is not saved
 */
export function autosave(form, words, content, undecided) {
  // the buttons are called "action" too, and form.action would be them
  const address = form.getAttribute("action");
  const state = document.querySelector("[data-draft-state]");
  const publish = document.querySelector("[data-publish]");
  let saved = content();
  let timer;
  let stopped = undecided;
  let busy = false;

  function later(wait) {
    window.clearTimeout(timer);
    timer = window.setTimeout(save, wait);
  }

  async function save() {
    const mine = content();
    if (stopped || mine === saved) return;
    if (busy) {
      later(QUIET);
      return;
    }
    busy = true;
    const fields = Object.fromEntries(new FormData(form));
    const answer = await send({ token: fields.csrf_token }, address, { ...fields, action: "save", quietly: "1" });
    busy = false;
    if (stopped) return;
    if (answer.ok) {
      form.elements.revision.value = answer.data.revision;
      state.textContent = answer.data.text;
      publish.href = answer.data.publish;
      publish.hidden = false;
      saved = mine;
      if (content() !== saved) later(QUIET);
      return;
    }
    state.textContent = answer.data?.conflict ?? words.notSaved;
    if (answer.status === 0 || answer.status >= 500) later(AGAIN);
    else {
      stopped = true;
      announce(state.textContent);
    }
  }

  form.addEventListener("input", () => {
    if (stopped) return;
    state.textContent = words.unsaved;
    later(QUIET);
  });
  form.addEventListener("submit", () => {
    stopped = true;
    window.clearTimeout(timer);
  });
  return () => content() !== saved;
}
