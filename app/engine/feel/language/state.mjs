/** What one evaluation may know and use: the injected moment, strictness, limits. Set by ../bundle.mjs before each run. */

/** An error with a code of the catalogue area `incidents`; the message holds no data. */
export class FeelError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

export const LONGEST_TEXT = 1_000_000;
export const LONGEST_LIST = 200_000;
const MOST_WARNINGS = 10;

export const state = {
  /** gives the injected moment, a FEEL date and time in Europe/Helsinki; made at its first use */
  now: () => null,
  /** in expressions of diagrams a comparison of different kinds is an error; in DMN it is null, as the standard says */
  strict: true,
  /** item definitions of the decision model under evaluation, by name */
  types: null,
  /** entries of a context given from outside may be missing: they are null */
  lenient: false,
  /** allowed values of types are asked for */
  constrained: false,
  warnings: [],
};

export function warn(type, subject = '') {
  if (state.warnings.length < MOST_WARNINGS) {
    state.warnings.push(subject ? `${type} ${subject}` : type);
  }
}

export function limitText(text) {
  if (text.length > LONGEST_TEXT) {
    throw new FeelError('feel_size', 'a text grew too long');
  }
  return text;
}

export function limitList(list) {
  if (list.length > LONGEST_LIST) {
    throw new FeelError('feel_size', 'a list grew too long');
  }
  return list;
}
