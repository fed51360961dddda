/** A calendar beside every day that a page asks for outside of the forms of pathways: <div data-text-pick-date><input data-pick-date>. */
import { addDatePickers } from "./form/dates.js";

for (const field of document.querySelectorAll(".k-day")) addDatePickers(field, field.dataset.textPickDate);
