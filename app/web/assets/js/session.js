/**
 * Says before the session ends, and lets it go on with one press (WCAG 2.2.1). Drafts are saved before the warning.
 *
 * <dialog id="k-session" data-idle="seconds" data-left="seconds to the absolute end" data-warn="seconds" ...>. The idle
 * time begins again whenever a page has talked to the server; other tabs say so through localStorage. When the time is
 * over the page is hidden. A form that keeps no draft is carried through sign-in, sealed, so that nothing typed is lost.
 */
const dialog = document.querySelector("#k-session");
/** Clients have sessions of another kind, which do not keep those of staff alive. */
const KEY = dialog?.dataset.seenKey ?? "kykypolku-seen";
const LOOK_EVERY = 5000;

/** Forms that somebody has written into since they were last sent. */
const written = new Set();

class Session {
  constructor(element) {
    this.dialog = element;
    this.idle = Number(element.dataset.idle) * 1000;
    this.warn = Number(element.dataset.warn) * 1000;
    this.end = Date.now() + Number(element.dataset.left) * 1000;
    this.ended = false;
    this.noteSeen();
  }

  noteSeen() {
    this.seen = Date.now();
    try {
      localStorage.setItem(KEY, String(this.seen));
    } catch {
      // a browser may keep nothing; this tab's own time holds then
    }
  }

  lastSeen() {
    const now = Date.now();
    // the clock was put back meanwhile: what lies ahead of it was now at the earliest
    if (this.seen > now) this.seen = now;
    try {
      const elsewhere = Number(localStorage.getItem(KEY) ?? 0);
      return elsewhere > now ? this.seen : Math.max(this.seen, elsewhere);
    } catch {
      return this.seen;
    }
  }

  look() {
    const left = Math.min(this.lastSeen() + this.idle, this.end) - Date.now();
    if (left <= 0) this.finish();
    else if (left <= this.warn && !this.dialog.open) this.warnNow();
    else if (left > this.warn && this.dialog.open && !this.ended) this.dialog.close();
  }

  warnNow() {
    document.dispatchEvent(new CustomEvent("kyky:save-drafts"));
    this.dialog.showModal();
  }

  async carryOn(form) {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } });
    if (!answer.ok) {
      this.finish();
      return;
    }
    this.end = Date.now() + (await answer.json()).left * 1000;
    this.noteSeen();
    this.dialog.close();
  }

  /** Hide what the page shows; go to sign-in, with what was being written. */
  finish() {
    if (this.ended) return;
    this.ended = true;
    const form = [...written].find((candidate) => !candidate.dataset.draftUrl && candidate.isConnected);
    if (!form) {
      window.location.assign(this.dialog.dataset.endedUrl);
      return;
    }
    document.querySelector(".k-shell").style.visibility = "hidden";
    for (const part of this.dialog.querySelectorAll("[data-session]")) part.hidden = part.dataset.session !== "ended";
    this.dialog.setAttribute("aria-labelledby", "k-session-ended");
    this.dialog.addEventListener("cancel", (event) => event.preventDefault());
    this.dialog.querySelector("[data-session-carry]").addEventListener("click", () => {
      form.action = `${this.dialog.dataset.carryUrl}?to=${encodeURIComponent(new URL(form.action).pathname)}`;
      form.noValidate = true;
      HTMLFormElement.prototype.submit.call(form);
    });
    if (!this.dialog.open) this.dialog.showModal();
  }
}

document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (form?.method === "post" && form.hasAttribute("data-keep")) written.add(form);
});
document.addEventListener("submit", (event) => written.delete(event.target));

if (dialog) {
  const session = new Session(dialog);
  dialog.querySelector("form")?.addEventListener("submit", (event) => {
    event.preventDefault();
    session.carryOn(event.target);
  });
  document.addEventListener("htmx:after:request", (event) => {
    if (event.detail?.ctx?.sourceElement?.id !== "news") session.noteSeen();
  });
  document.addEventListener("kyky:saved", () => session.noteSeen());
  window.setInterval(() => session.look(), LOOK_EVERY);
  document.addEventListener("visibilitychange", () => session.look());
}
