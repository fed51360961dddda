/** Values between Python and V8: JSON with tagged temporal values (values.py writes and reads the same). */
import { FeelDate, FeelDateTime, FeelDuration, FeelTime, getType } from 'feelin';

import { needsHelp } from './compile.mjs';
import { Decimal, fromText } from './decimals.mjs';
import { FeelError } from './state.mjs';
import { readDate, readDateTime, readDuration, readTime } from './temporal.mjs';

const TAG = '$feel';
const READERS = {
  number: fromText,
  date: readDate,
  time: readTime,
  'date and time': (text) => readDateTime(text.replace(/^(.*[+-]\d\d:\d\d(?::\d\d)?)@.*$/, '$1')),
  'days and time duration': readDuration,
  'years and months duration': readDuration,
};
const MOST_PARTS = 200_000;
const MOST_ZEROS = 300;

/** Read a value as Python wrote it. `seen.odd` becomes true if a key needs the parser's help. */
export function decode(written, seen) {
  if (written === null || typeof written !== 'object') {
    return written;
  }
  if (Array.isArray(written)) {
    return written.map((item) => decode(item, seen));
  }
  if (Object.hasOwn(written, TAG)) {
    return untag(written, seen);
  }
  return decodeContext(written, seen);
}

function decodeContext(written, seen) {
  const context = {};
  for (const key of Object.keys(written)) {
    if (key === '__proto__') {
      throw new FeelError('feel_value', 'a context key that is not allowed');
    }
    context[key] = decode(written[key], seen);
    seen.odd ||= needsHelp(key);
  }
  return context;
}

function untag(written, seen) {
  if (written[TAG] === 'context') {
    return decodeContext(written.value, seen);
  }
  const value = READERS[written[TAG]]?.(written.value);
  if (value === null || value === undefined) {
    throw new FeelError('feel_value', `not a ${written[TAG]}`);
  }
  return value;
}

/** Write a value for Python. Functions and ranges cannot leave FEEL. */
export function encode(value) {
  return write(value, { parts: 0 });
}

function write(value, count) {
  count.parts += 1;
  if (count.parts > MOST_PARTS) {
    throw new FeelError('feel_size', 'a result has too many parts');
  }
  if (value === null || value === undefined) {
    return null;
  }
  switch (typeof value) {
    case 'boolean':
      return value;
    case 'string':
      count.parts += value.length / 50;
      return value;
    case 'number':
      return finite(value);
    default:
      return writeObject(value, count);
  }
}

function finite(number) {
  if (!Number.isFinite(number)) {
    throw new FeelError('feel_value', 'a number that is too large');
  }
  return number === 0 ? 0 : number;
}

function writeObject(value, count) {
  if (Array.isArray(value)) {
    return value.map((item) => write(item, count));
  }
  if (value instanceof Decimal) {
    // integers leave whole, fractions as the nearest double: Python's numbers are int and float
    const whole = value.exponent >= 0 && value.exponent < MOST_ZEROS;
    return whole ? { [TAG]: 'number', value: String(value) } : finite(Number(value));
  }
  if (value instanceof FeelDate) {
    return { [TAG]: 'date', value: value.iso };
  }
  if (value instanceof FeelDateTime) {
    return { [TAG]: 'date and time', value: value.iso };
  }
  if (value instanceof FeelTime) {
    return { [TAG]: 'time', value: value.iso };
  }
  if (value instanceof FeelDuration) {
    return { [TAG]: value.yearsMonths ? 'years and months duration' : 'days and time duration', value: value.iso };
  }
  if (getType(value) === 'context') {
    const written = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, write(item, count)]));
    return Object.hasOwn(value, TAG) ? { [TAG]: 'context', value: written } : written;
  }
  throw new FeelError(
    'feel_value',
    `a ${getType(value) === 'literal' ? 'function' : getType(value)} cannot be a result`,
  );
}
