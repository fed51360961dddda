/** The error summary takes the focus when the page opens; its links put the focus into the field, its label in sight. */
export function leadToProblems() {
  const summary = document.querySelector("[data-kyky-errors]");
  if (!summary) return;
  summary.focus();
  summary.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    const target = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (!target) return;
    event.preventDefault();
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    (target.closest("[data-kyky-field]") ?? target).scrollIntoView({ behavior: still ? "auto" : "smooth", block: "start" });
    target.focus({ preventScroll: true });
  });
}
