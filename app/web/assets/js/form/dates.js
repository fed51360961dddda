/** A calendar beside a date's text field. Typing stays the fastest way; the calendar only writes into the field. */
const DATE = /(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})|(\d{4})-(\d{2})-(\d{2})/;

/** Add the button to the dates within `root`; `pickText` says what it does. */
export function addDatePickers(root, pickText) {
  for (const input of root.querySelectorAll("input[data-pick-date]")) {
    const calendar = document.createElement("input");
    calendar.type = "date";
    if (typeof calendar.showPicker !== "function") return;
    calendar.className = "kyky-calendar";
    calendar.tabIndex = -1;
    calendar.setAttribute("aria-hidden", "true");

    const label = document.querySelector(`label[for="${input.id}"]`)?.firstChild?.textContent?.trim() ?? "";
    const button = document.createElement("button");
    button.type = "button";
    button.className = "ds-button kyky-pick-date";
    button.dataset.variant = "tertiary";
    button.setAttribute("aria-label", `${pickText}: ${label}`);
    button.title = pickText;

    button.addEventListener("click", () => {
      calendar.value = isoDate(input.value);
      calendar.showPicker();
    });
    calendar.addEventListener("change", () => {
      if (calendar.value) write(input, calendar.value);
    });

    const frame = document.createElement("div");
    frame.className = "kyky-date";
    input.replaceWith(frame);
    frame.append(input, button, calendar);
    delete input.dataset.pickDate;
  }
}

function isoDate(text) {
  const found = DATE.exec(text);
  if (!found) return "";
  const [, day, month, year, isoYear, isoMonth, isoDay] = found;
  return isoYear ? `${isoYear}-${isoMonth}-${isoDay}` : `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
}

/** Write the day as people write it; a time of day that stands after it stays. */
function write(input, iso) {
  const [year, month, day] = iso.split("-").map(Number);
  const written = `${day}.${month}.${year}`;
  input.value = DATE.test(input.value) ? input.value.replace(DATE, written) : written;
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.dispatchEvent(new Event("change", { bubbles: true }));
  input.focus();
}
