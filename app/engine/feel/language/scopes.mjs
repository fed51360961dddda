/** Scopes: names bound to values; a scope inherits from the scope around it. */
import { getType } from 'feelin';
import { normalizeContextKey } from 'lezer-feel';

export function newScope(context) {
  const scope = Object.create(null);
  bindAll(scope, context);
  return scope;
}

/** The parser knows no type range<T>: it reads it as a context type with an entry of this name (compile.mjs). */
export const RANGE_ENTRY = 'kyky_range';

export const child = (scope) => Object.create(scope);

const SIMPLE = /^[\p{L}_][\p{L}\p{N}_]*$/u;
const MOST_NAMES = 5_000;
const simple = new Map();

/** Whether the parser reads a name as one word. Asked for every key of every context, so the answers are kept. */
export function isSimple(name) {
  let answer = simple.get(name);
  if (answer === undefined) {
    answer = SIMPLE.test(name);
    if (simple.size >= MOST_NAMES) {
      simple.clear();
    }
    simple.set(name, answer);
  }
  return answer;
}

/** Bind a name; names with operators or odd spaces are also found as the parser writes them. */
export function bind(scope, name, value) {
  scope[name] = value === undefined ? null : value;
  if (!isSimple(name)) {
    scope[normalizeContextKey(name)] = scope[name];
  }
}

export function bindAll(scope, context) {
  for (const name of Object.keys(context)) {
    bind(scope, name, context[name]);
  }
}

export function itemScope(scope, item) {
  const inner = child(scope);
  if (getType(item) === 'context') {
    bindAll(inner, item);
  }
  if (!(getType(item) === 'context' && Object.hasOwn(item, 'item'))) {
    inner.item = item ?? null;
  }
  return inner;
}

/** An evaluation function with the kind of its value, where the syntax tells it. */
export const tagged = (fn, type) => Object.assign(fn, { type });

export const single = (value) => (Array.isArray(value) && value.length === 1 ? value[0] : value);

export const isNull = (value) => value === null || value === undefined;
