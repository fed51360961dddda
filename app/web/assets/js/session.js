/**
 * Says before the session ends, and lets it go on with one press (WCAG 2.2.1). Drafts are saved before the warning.
 *
 * <dialog id="k-session" data-idle="seconds" data-left="seconds to the absolute end" data-warn="seconds" data-url="...">
 * The idle time begins again whenever this page has talked to the server; other tabs say so through localStorage.
 */
const dialog = document.querySelector("#k-session");
const KEY = "kyky-seen";

if (dialog) {
  const idle = Number(dialog.dataset.idle) * 1000;
  const warn = Number(dialog.dataset.warn) * 1000;
  const end = Date.now() + Number(dialog.dataset.left) * 1000;
  let seen = Date.now();

  const noteSeen = () => {
    seen = Date.now();
    try {
      localStorage.setItem(KEY, String(seen));
    } catch {
      // a browser may keep nothing; this tab's own time holds then
    }
  };
  const lastSeen = () => {
    try {
      return Math.max(seen, Number(localStorage.getItem(KEY) ?? 0));
    } catch {
      return seen;
    }
  };

  const look = () => {
    const left = Math.min(lastSeen() + idle, end) - Date.now();
    if (left <= 0) {
      window.location.assign(dialog.dataset.endedUrl);
    } else if (left <= warn && !dialog.open) {
      document.dispatchEvent(new CustomEvent("kyky:save-drafts"));
      dialog.showModal();
    } else if (left > warn && dialog.open) {
      dialog.close();
    }
  };

  dialog.querySelector("form")?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = event.target;
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form) });
    if (!answer.ok) {
      window.location.assign(dialog.dataset.endedUrl);
      return;
    }
    noteSeen();
    dialog.close();
  });

  document.addEventListener("htmx:after:request", noteSeen);
  noteSeen();
  window.setInterval(look, 5000);
}
