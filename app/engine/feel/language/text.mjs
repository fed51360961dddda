/** Texts: what a literal means (DMN 10.3.1.2), and values as texts, as string() gives them (DMN 10.3.4.1). */
import { getType } from 'feelin';

import { numberText } from './decimals.mjs';
import { limitText } from './state.mjs';

const LAST_CODE_POINT = 0x10ffff;
const REPLACEMENT = '\uFFFD';
const ESCAPES = { n: '\n', r: '\r', t: '\t' };

/** The text that a literal in quotes means. Both halves of a surrogate pair may be written as \uD83D\uDCA9. */
export const stringLiteral = (input) =>
  input
    .slice(1, -1)
    .replace(/\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{6})|(["'\\nrt]))/g, (_, unit, point, symbol) =>
      symbol ? (ESCAPES[symbol] ?? symbol) : codePoint(Number.parseInt(unit ?? point, 16)),
    );

function codePoint(number) {
  if (number > LAST_CODE_POINT) {
    return REPLACEMENT;
  }
  return number > 0xffff ? String.fromCodePoint(number) : String.fromCharCode(number);
}

const PLAIN_KEY = /^\w+$/;

const quoted = (text) => `"${text.replace(/["\\]/g, '\\$&')}"`;

const isNull = (value) => value === null || value === undefined;

/** The text of a value; null for functions, which have none. */
export function textOf(value) {
  return typeof value === 'string' ? value : inner(value);
}

function inner(value) {
  const kind = getType(value);
  switch (kind) {
    case 'nil':
      return 'null';
    case 'string':
      return quoted(value);
    case 'number':
      return numberText(value);
    case 'list':
      return all(value, (item) => inner(item), '[', ']');
    case 'context':
      return all(Object.entries(value), entryText, '{', '}');
    case 'range':
      return rangeText(value);
    case 'function':
    case 'literal':
      return null;
    default:
      return String(value);
  }
}

function all(parts, write, opening, closing) {
  const texts = parts.map(write);
  return texts.includes(null) ? null : limitText(`${opening}${texts.join(', ')}${closing}`);
}

function entryText([key, value]) {
  const text = inner(value);
  return text === null ? null : `${PLAIN_KEY.test(key) ? key : quoted(key)}: ${text}`;
}

function rangeText(range) {
  const [start, end] = [range.start, range.end].map((side) => (isNull(side) ? '' : inner(side)));
  return `${range['start included'] ? '[' : '('}${start}..${end}${range['end included'] ? ']' : ')'}`;
}
