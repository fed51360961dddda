/**
 * Opens native dialogs: <button data-opens="id">, closed by <button value="..."> in a <form method="dialog">.
 * Without this module the dialog's content is reached by the address in the link's href.
 */
document.addEventListener("click", (event) => {
  const opener = event.target.closest?.("[data-opens]");
  if (!opener) return;
  const dialog = document.getElementById(opener.dataset.opens);
  if (!(dialog instanceof HTMLDialogElement)) return;
  event.preventDefault();
  opener.closest("[popover]")?.hidePopover();
  dialog.showModal();
});

/** One that the server has opened stands in the page without this module; with it, before the page. */
for (const dialog of document.querySelectorAll("dialog[data-modal][open]")) {
  dialog.close();
  dialog.showModal();
}
