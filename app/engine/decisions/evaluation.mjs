/** What the parts of one evaluation share: the evaluation under way. */

/** { root, declared, values, matched, inputs, depth }; null between evaluations. */
export let current = null;

/** Run the body with another evaluation under way. */
export function within(evaluation, body) {
  const before = current;
  current = evaluation;
  try {
    return body();
  } finally {
    current = before;
  }
}

/** Note that a rule (from 1) of a table of the element matched. */
export const noteMatch = (element, rule) => current.matched.push([element.id, rule]);
