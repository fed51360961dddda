/**
 * Forms: what the server has drawn works without this; here it works without a new page.
 *
 * A form's fields stand in [data-kyky-form]; each field is a [data-kyky-field], with its conditions beside it.
 */
import { watchConditions } from "./form/conditions.js";
import { addDatePickers } from "./form/dates.js";
import { leadToProblems } from "./form/problems.js";
import { watchRows } from "./form/rows.js";

for (const fields of document.querySelectorAll("[data-kyky-form]")) {
  const refresh = watchConditions(fields);
  addDatePickers(fields, fields.dataset.textPickDate);
  watchRows(fields, (row) => {
    addDatePickers(row, fields.dataset.textPickDate);
    refresh();
  });
}
leadToProblems();
