/** Equality and order of FEEL values (DMN 10.3.2.13), three-valued: null means not comparable. */
import { FeelFunction, FeelRange, getType, isZoned, toComparable } from 'feelin';

import { compare as compareNumbers, same } from './decimals.mjs';
import { millisecondsOf } from './far_years.mjs';
import { FeelError, state } from './state.mjs';
import { belowMillisecond, instant, monthsOf, nanosecondsOf } from './temporal.mjs';

const SCALARS = new Set(['number', 'string', 'boolean', 'date', 'time', 'date time', 'duration']);
const TEMPORAL = new Set(['date', 'time', 'date time', 'duration']);

const isNull = (value) => value === null || value === undefined;

/**
 * Comparing a date with a text is a mistake of the model (a form's text field, an unconverted answer of the API): an
 * error instead of a silent null that a gateway or a table would take for "no". In strict mode so is any mix of kinds.
 */
function guard(left, right) {
  const kinds = [getType(left), getType(right)];
  if (kinds[0] === kinds[1] || !SCALARS.has(kinds[0]) || !SCALARS.has(kinds[1])) {
    return;
  }
  const textAndTemporal =
    (kinds[0] === 'string' && TEMPORAL.has(kinds[1])) || (kinds[1] === 'string' && TEMPORAL.has(kinds[0]));
  if (textAndTemporal || state.strict) {
    throw new FeelError('feel_types', `a ${kinds[0]} cannot be compared with a ${kinds[1]}`);
  }
}

/** Equality without any guard, for lists and built-in functions: true, false or null. */
export function equals(left, right, strictZones = false) {
  if (isNull(left) || isNull(right)) {
    return isNull(left) && isNull(right);
  }
  const kind = getType(left);
  if (kind !== getType(right)) {
    return singleton(left, right);
  }
  switch (kind) {
    case 'number':
      return same(left, right);
    case 'string':
    case 'boolean':
      return left === right;
    case 'date':
      return left.iso === right.iso;
    case 'time':
    case 'date time':
      return equalMoments(left, right, strictZones);
    case 'duration':
      return left.yearsMonths === right.yearsMonths
        ? left.yearsMonths
          ? monthsOf(left) === monthsOf(right)
          : nanosecondsOf(left) === nanosecondsOf(right)
        : null;
    case 'list':
      return left.length === right.length && left.every((item, at) => equals(item, right[at], strictZones) === true);
    case 'context':
      return equalContexts(left, right, strictZones);
    case 'range':
      return equalRanges(left, right);
    default:
      return left instanceof FeelFunction ? left === right : null;
  }
}

/** A list of one element stands for the element (DMN 10.3.2.9.4), as feelin reads it. */
function singleton(left, right) {
  if (Array.isArray(left) && left.length === 1 && !Array.isArray(right)) {
    return equals(left[0], right);
  }
  if (Array.isArray(right) && right.length === 1 && !Array.isArray(left)) {
    return equals(left, right[0]);
  }
  return null;
}

function equalMoments(left, right, strictZones) {
  if (isZoned(left) !== isZoned(right)) {
    return false;
  }
  if (strictZones && left.zone !== right.zone && !(sameOffset(left.zone) === sameOffset(right.zone))) {
    return false;
  }
  return isZoned(left)
    ? comparable(left) === comparable(right) && belowMillisecond(left) === belowMillisecond(right)
    : left.iso === right.iso;
}

const comparable = (value) => toComparable(value) + millisecondsOf(value);

const sameOffset = (zone) => (zone === 'UTC' ? '+00:00' : zone);

function equalContexts(left, right, strictZones) {
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && equals(left[key], right[key], strictZones) === true)
  );
}

function equalRanges(left, right) {
  return (
    left['start included'] === right['start included'] &&
    left['end included'] === right['end included'] &&
    equals(left.start, right.start) === true &&
    equals(left.end, right.end) === true
  );
}

/** Order of two values: negative, 0, positive; null where there is none. */
export function order(left, right) {
  if (isNull(left) || isNull(right)) {
    return null;
  }
  const kind = getType(left);
  if (kind !== getType(right)) {
    return null;
  }
  switch (kind) {
    case 'number':
      return compareNumbers(left, right);
    case 'string':
      return left < right ? -1 : left > right ? 1 : 0;
    case 'date':
      return comparable(left) - comparable(right);
    case 'time':
      return isZoned(left) === isZoned(right) ? orderMoments(left, right, toComparable) : null;
    case 'date time':
      return orderMoments(left, right, instant);
    case 'duration':
      return orderDurations(left, right);
    default:
      return null;
  }
}

/** Milliseconds first, what lies below them only where they are the same. */
const orderMoments = (left, right, milliseconds) =>
  milliseconds(left) - milliseconds(right) || belowMillisecond(left) - belowMillisecond(right);

function orderDurations(left, right) {
  if (left.yearsMonths !== right.yearsMonths) {
    return null;
  }
  if (left.yearsMonths) {
    return monthsOf(left) - monthsOf(right);
  }
  const [a, b] = [nanosecondsOf(left), nanosecondsOf(right)];
  return a < b ? -1 : a > b ? 1 : 0;
}

const HOLDS = {
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};

/** The comparison operators of FEEL, with the guard. */
export function compare(left, operator, right) {
  guard(left, right);
  if (operator === '=') {
    return equals(asRange(left), asRange(right));
  }
  if (operator === '!=') {
    const same = equals(asRange(left), asRange(right));
    return same === null ? null : !same;
  }
  const position = order(unwrap(left), unwrap(right));
  return position === null ? null : HOLDS[operator](position);
}

const unwrap = (value) => (Array.isArray(value) && value.length === 1 ? value[0] : value);

/** Three-valued conjunction. */
export function both(left, right) {
  if (left === false || right === false) {
    return false;
  }
  return left === true && right === true ? true : null;
}

/** Whether a range holds a point (or a range a range). */
export function contains(range, value) {
  if (isNull(value) || (isNull(range.start) && isNull(range.end))) {
    return null;
  }
  if (value instanceof FeelRange) {
    return containsRange(range, value);
  }
  const lower = isNull(range.start) ? true : compare(value, range['start included'] ? '>=' : '>', range.start);
  return lower === false
    ? false
    : both(lower, isNull(range.end) ? true : compare(value, range['end included'] ? '<=' : '<', range.end));
}

function containsRange(outer, inner) {
  const starts = isNull(outer.start) ? 1 : order(inner.start, outer.start);
  const ends = isNull(outer.end) ? -1 : order(inner.end, outer.end);
  if (starts === null || ends === null) {
    return null;
  }
  return (
    (starts > 0 || (starts === 0 && (outer['start included'] || !inner['start included']))) &&
    (ends < 0 || (ends === 0 && (outer['end included'] || !inner['end included'])))
  );
}

/** A test made by a unary comparison such as `= 5`. */
export class Test {
  constructor(operator, operand) {
    this.operator = operator;
    this.operand = operand;
  }

  holds(value) {
    return compare(value, this.operator, this.operand);
  }
}

/** `(= 10)` is the range that holds 10 alone. */
export const asRange = (value) =>
  value instanceof Test && value.operator === '=' ? range(value.operand, value.operand, true, true) : value;

/** Whether a value meets a test: a range, a unary comparison, a list of tests, or a value to equal. */
export function meets(test, value, nested = false) {
  if (test instanceof Test) {
    return test.holds(value);
  }
  if (test instanceof FeelRange) {
    return value instanceof FeelRange && equals(test, value) === true ? true : contains(test, value);
  }
  if (Array.isArray(test)) {
    if (nested || (Array.isArray(value) && equals(test, value) === true)) {
      return equals(test, value);
    }
    return anyMeets(test, value, true);
  }
  guard(value, test);
  return equals(value, test);
}

/** Whether a value meets one of some tests; a list `nested` in a list of values is a value itself. */
export function anyMeets(tests, value, nested = false) {
  let unknown = false;
  for (const test of tests) {
    const result = meets(test, value, nested);
    if (result === true) {
      return true;
    }
    unknown ||= result === null && (test instanceof FeelRange || test instanceof Test);
  }
  return unknown ? null : false;
}

/** A range, or null where its ends are of different kinds or have no order. */
export function range(start, end, startIncluded, endIncluded) {
  const [left, right] = [start ?? null, end ?? null];
  if (left === null && right === null) {
    return new FeelRange({ start: null, end: null, 'start included': false, 'end included': false, valueType: null });
  }
  const kind = getType(left ?? right);
  const fits = (side) => side === null || (getType(side) === kind && order(side, side) !== null);
  if (!fits(left) || !fits(right)) {
    return null;
  }
  return new FeelRange({
    start: left,
    end: right,
    'start included': left !== null && startIncluded,
    'end included': right !== null && endIncluded,
    valueType: kind,
  });
}
