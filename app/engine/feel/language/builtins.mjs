/** The built-in functions: DMN 10.3.4 where feelin differs from the text, and Camunda's additions. */
import {
  FeelDate,
  FeelDateTime,
  FeelDuration,
  FeelRange,
  FeelTime,
  InvocationFailure,
  builtins,
  dateOf,
  getType,
  isDate,
  isDateTime,
  isDuration,
  isTime,
  toText,
  timeFrom,
  timeOf,
  dateFrom,
  combine,
  isValidZone,
  wrapFunction,
} from 'feelin';
import { Temporal } from 'temporal-polyfill';

import { equals, order, range } from './compare.mjs';
import { round, sum, tidy } from './numbers.mjs';
import { pattern } from './regex.mjs';
import { FeelError, LONGEST_TEXT, limitList, limitText, state, warn } from './state.mjs';
import { monthsBetween, readAny, readDate, readDateTime, readDuration, readTime } from './temporal.mjs';
import { isCallable } from './types.mjs';

const invalid = (name) => {
  warn('INVALID_ARGUMENTS', name);
  return null;
};
const isNull = (value) => value === null || value === undefined;

// -- declaring a function -----------------------------------------------------------------------------------------

const TYPE_TESTS = {
  any: () => true,
  point: (value) => !isNull(value),
  function: isCallable,
  duration: isDuration,
};

/** Convert an argument to a parameter's type as DMN's implicit conversions allow; undefined where it does not fit. */
function fit(value, type) {
  if (type === 'list') {
    return Array.isArray(value) ? value : [value];
  }
  const test = TYPE_TESTS[type];
  if (test ? test(value) : getType(value) === type) {
    return value;
  }
  if (Array.isArray(value) && value.length === 1) {
    return fit(value[0], type);
  }
  if (type === 'date time' && isDate(value)) {
    return new FeelDateTime(value.value.toPlainDateTime(), 'UTC');
  }
  if (type === 'date' && isDateTime(value)) {
    return dateOf(value);
  }
  return undefined;
}

/**
 * Declare a function: `parameters` are "name:type", with "?" behind the name where it may be left out and "??" where it
 * may be null as well. An argument that does not fit makes the result null.
 */
function define(name, parameters, body) {
  const specifications = parameters.map((text) => {
    const [declared, type] = text.split(':');
    return {
      name: declared.replace(/\?+$/, ''),
      type,
      optional: declared.endsWith('?'),
      nullable: declared.endsWith('??'),
    };
  });
  const wrapped = (...given) => {
    const values = [];
    for (let at = 0; at < specifications.length; at += 1) {
      const { type, optional, nullable } = specifications[at];
      let value = given[at];
      if (value === undefined) {
        if (!optional) {
          return invalid(name);
        }
      } else if (value === null) {
        if (!nullable && type !== 'any') {
          return invalid(name);
        }
      } else {
        value = fit(value, type);
        if (value === undefined) {
          return invalid(name);
        }
      }
      values.push(value);
    }
    const result = body(...values);
    return result === undefined ? invalid(name) : result;
  };
  wrapped.$args = specifications.map((each) => each.name);
  builtins[name] = wrapped;
}

/** Declare a function of a list given as one list or as arguments: sum([1, 2]) or sum(1, 2). */
function defineOnList(name, body, parameter = 'list') {
  const wrapped = (...given) => {
    const list = given.length === 1 && Array.isArray(given[0]) ? given[0] : given;
    if (given.length === 0 || (given.length === 1 && isNull(given[0]))) {
      return invalid(name);
    }
    const result = body(list);
    return result === undefined ? invalid(name) : result;
  };
  wrapped.$args = [`...${parameter}`];
  builtins[name] = wrapped;
}

const whole = (number) => Number.isInteger(number);

// -- conversion ---------------------------------------------------------------------------------------------------

const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,4})?$/;

define('number', ['from:string', 'grouping separator??:string', 'decimal separator??:string'], (
  from,
  grouping,
  decimal,
) => {
  if ((grouping && ![' ', ',', '.'].includes(grouping)) || (decimal && ![',', '.'].includes(decimal))) {
    return undefined;
  }
  if (grouping === '' || decimal === '' || (grouping && grouping === decimal)) {
    return undefined;
  }
  const plain = (grouping ? from.split(grouping).join('') : from).replace(decimal ?? '.', '.');
  if (decimal === ',' && from.includes('.') && grouping !== '.') {
    return undefined;
  }
  const number = NUMBER.test(plain) ? Number(plain) : NaN;
  return Number.isFinite(number) ? number : undefined;
});

define('string', ['from:any'], (from) =>
  isNull(from) ? null : limitText(isRange(from) ? rangeText(from) : toText(from)));

const isRange = (value) => value instanceof FeelRange;
const rangeText = (value) =>
  `${value['start included'] ? '[' : '('}${isNull(value.start) ? '' : toText(value.start, true)}..${isNull(value.end) ? '' : toText(value.end, true)}${value['end included'] ? ']' : ')'}`;

function dateOfParts(year, month, day) {
  return [year, month, day].every(whole) ? (dateFrom(year, month, day) ?? undefined) : undefined;
}

function anyToDate(from) {
  if (typeof from === 'string') {
    return readDate(from) ?? undefined;
  }
  return isDate(from) ? from : isDateTime(from) ? dateOf(from) : undefined;
}

define('date', ['year?:any', 'month?:any', 'day?:any', 'from?:any'], (year, month, day, from) => {
  const first = single(from === undefined ? year : from);
  if (month === undefined && day === undefined) {
    return anyToDate(first);
  }
  return from === undefined ? dateOfParts(single(year), single(month), single(day)) : undefined;
});

const single = (value) => (Array.isArray(value) && value.length === 1 ? value[0] : value);

function zoneOf(offset) {
  if (isNull(offset)) {
    return null;
  }
  if (typeof offset === 'string') {
    return isValidZone(offset) ? offset : undefined;
  }
  if (!isDuration(offset) || offset.yearsMonths) {
    return undefined;
  }
  const zone = timeFrom(0, 0, 0, offset)?.zone;
  return zone === '+00:00' ? 'UTC' : zone;
}

define('date and time', [
  'date?:any',
  'time?:any',
  'from?:any',
  'year?:any',
  'month?:any',
  'day?:any',
  'hour?:any',
  'minute?:any',
  'second?:any',
  'offset?:any',
  'timezone?:any',
], (date, time, ...rest) => {
  if (rest.slice(1).some((value) => value !== undefined)) {
    return dateTimeOfParts(date, time, rest);
  }
  const from = single(rest[0] === undefined ? date : rest[0]);
  const clock = single(time);
  if (clock === undefined) {
    return typeof from === 'string'
      ? (readDateTime(from) ?? undefined)
      : isDateTime(from)
        ? from
        : isDate(from)
          ? new FeelDateTime(from.value.toPlainDateTime(), 'UTC')
          : undefined;
  }
  if (isDateTime(from) && typeof clock === 'string') {
    return inZone(from, clock);
  }
  return (isDate(from) || isDateTime(from)) && isTime(clock) ? combine(from, clock) : undefined;
});

function inZone(dateTime, zone) {
  const target = zoneOf(zone);
  if (!target) {
    return undefined;
  }
  const moved =
    dateTime.zone === null
      ? dateTime.value.toZonedDateTime(target)
      : dateTime.value.toZonedDateTime(dateTime.zone).withTimeZone(target);
  return new FeelDateTime(moved.toPlainDateTime(), target);
}

/** date and time(year, month, day, hour, minute, second [, offset or zone]), by position or by name. */
function dateTimeOfParts(first, second, [third, fourth, fifth, sixth, hour, minute, seconds, offset, zone]) {
  const byName = first === undefined && second === undefined && third === undefined;
  const [year, month, day, h, m, s, o] = byName
    ? [fourth, fifth, sixth, hour, minute, seconds, offset ?? zone]
    : [first, second, third, fourth, fifth, sixth, hour];
  const at = dateOfParts(single(year), single(month), single(day));
  const target = zoneOf(single(o));
  const clock = [h, m, s].every((part) => typeof single(part) === 'number')
    ? clockOf(single(h), single(m), single(s))
    : null;
  return at && clock && target !== undefined ? new FeelDateTime(at.value.toPlainDateTime(clock), target) : undefined;
}

function clockOf(hour, minute, second) {
  if (!whole(hour) || !whole(minute)) {
    return null;
  }
  const nanoseconds = Math.round((second - Math.trunc(second)) * 1e9);
  try {
    return Temporal.PlainTime.from(
      {
        hour,
        minute,
        second: Math.trunc(second),
        millisecond: Math.trunc(nanoseconds / 1e6),
        microsecond: Math.trunc(nanoseconds / 1e3) % 1000,
        nanosecond: nanoseconds % 1000,
      },
      { overflow: 'reject' },
    );
  } catch {
    return null;
  }
}

function anyToTime(from) {
  if (typeof from === 'string') {
    return readTime(from) ?? undefined;
  }
  if (isTime(from)) {
    return from;
  }
  return isDateTime(from) ? timeOf(from) : isDate(from) ? new FeelTime(new Temporal.PlainTime(), 'UTC') : undefined;
}

define('time', ['hour?:any', 'minute?:any', 'second?:any', 'offset??:any', 'from?:any'], (
  hour,
  minute,
  second,
  offset,
  from,
) => {
  if (minute === undefined && second === undefined) {
    return anyToTime(single(from === undefined ? hour : from));
  }
  const clock =
    from === undefined && [hour, minute, second].every((part) => typeof single(part) === 'number')
      ? clockOf(single(hour), single(minute), single(second))
      : null;
  const zone = zoneOf(single(offset));
  return clock && zone !== undefined ? new FeelTime(clock, zone) : undefined;
});

define('duration', ['from:any'], (from) =>
  typeof single(from) === 'string'
    ? (readDuration(single(from)) ?? undefined)
    : isDuration(single(from))
      ? single(from)
      : undefined);
define('@', ['string:string'], (text) => readAny(text) ?? undefined);
define('years and months duration', ['from:any', 'to:any'], (from, to) => {
  const sides = [single(from), single(to)];
  return sides.every((side) => isDate(side) || isDateTime(side)) ? (monthsBetween(...sides) ?? undefined) : undefined;
});

// -- the moment -----------------------------------------------------------------------------------------------------

define('now', [], () => state.now());
define('today', [], () => dateOf(state.now()));

// -- booleans, presence ---------------------------------------------------------------------------------------------

define('not', ['negand:any'], (negand) => (typeof single(negand) === 'boolean' ? !single(negand) : null));
define('is defined', ['value?:any'], (value) => !isNull(value));
define('get or else', ['value:any', 'default:any'], (value, otherwise) => (isNull(value) ? otherwise : value));
define('assert', ['value:any', 'condition:any', 'cause??:string'], (value, condition, cause) => {
  if (condition !== true) {
    throw new FeelError('feel_assert', cause ?? 'an assertion does not hold');
  }
  return value;
});
define('is', ['value1?:any', 'value2?:any'], (left, right) => {
  if (left === undefined || right === undefined) {
    return false;
  }
  return kindForIs(left) === kindForIs(right) && equals(left, right, true) === true;
});

const kindForIs = (value) => (isDuration(value) ? `duration ${value.yearsMonths}` : getType(value));

// -- texts ----------------------------------------------------------------------------------------------------------

define('string length', ['string:string'], (text) => Array.from(text).length);
define('upper case', ['string:string'], (text) => text.toUpperCase());
define('lower case', ['string:string'], (text) => text.toLowerCase());
define('contains', ['string:string', 'match:string'], (text, match) => text.includes(match));
define('starts with', ['string:string', 'match:string'], (text, match) => text.startsWith(match));
define('ends with', ['string:string', 'match:string'], (text, match) => text.endsWith(match));
define('trim', ['string:string'], (text) => text.trim());
define('is blank', ['string:string'], (text) => text.trim() === '');

define('substring', ['string:string', 'start position:number', 'length?:number'], (text, start, length) => {
  const symbols = Array.from(text);
  const from = Math.trunc(start) < 0 ? symbols.length + Math.trunc(start) : Math.trunc(start) - 1;
  if (
    Math.trunc(start) === 0 ||
    from < 0 ||
    (from >= symbols.length && symbols.length > 0) ||
    (length !== undefined && Math.trunc(length) < 1)
  ) {
    return undefined;
  }
  return symbols.slice(from, length === undefined ? undefined : from + Math.trunc(length)).join('');
});
define('substring before', ['string:string', 'match:string'], (text, match) => {
  const at = text.indexOf(match);
  return at < 0 ? '' : text.slice(0, at);
});
define('substring after', ['string:string', 'match:string'], (text, match) => {
  const at = text.indexOf(match);
  return at < 0 ? '' : text.slice(at + match.length);
});

define('matches', ['input:string', 'pattern:string', 'flags??:string'], (input, text, flags) =>
  pattern(text, flags ?? '')?.test(input));
define('extract', ['string:string', 'pattern:string'], (input, text) => {
  const compiled = pattern(text, '', true);
  return compiled ? limitList(Array.from(input.matchAll(compiled), (match) => match[0])) : undefined;
});
define('split', ['string:string', 'delimiter:string'], (text, delimiter) => {
  const compiled = delimiter === '' ? null : pattern(delimiter);
  return compiled ? limitList(splitBy(text, compiled)) : undefined;
});

// JavaScript's split puts the groups of the pattern into the result
function splitBy(text, compiled) {
  const parts = [];
  let start = 0;
  for (const match of text.matchAll(new RegExp(compiled.source, `${compiled.flags}g`))) {
    parts.push(text.slice(start, match.index));
    start = match.index + match[0].length;
  }
  return [...parts, text.slice(start)];
}

define('replace', ['input:string', 'pattern:string', 'replacement:string', 'flags??:string'], (
  input,
  text,
  replacement,
  flags,
) => {
  const compiled = pattern(text, flags ?? '', true);
  const pieces = (flags ?? '').includes('q') ? [replacement] : replacementPieces(replacement);
  if (!compiled || !pieces || pattern(text, flags ?? '').test('')) {
    return undefined;
  }
  let length = input.length;
  return input.replace(compiled, (match, ...groups) => {
    const named = groups.filter((group) => typeof group !== 'object' || group === null || group === undefined);
    const captured = named.slice(
      0,
      named.findIndex((group) => typeof group === 'number'),
    );
    const result = pieces
      .map((piece) => (typeof piece === 'string' ? piece : piece === 0 ? match : groupText(captured, piece)))
      .join('');
    length += result.length;
    if (length > LONGEST_TEXT) {
      throw new FeelError('feel_size', 'a text grew too long');
    }
    return result;
  });
});

/** $12 means group 12 if there is one, else group 1 and the digit 2 (XPath fn:replace). */
function groupText(captured, number) {
  const digits = String(number);
  for (let used = digits.length; used > 0; used -= 1) {
    const group = Number(digits.slice(0, used));
    if (group <= captured.length) {
      return (group === 0 ? '' : (captured[group - 1] ?? '')) + digits.slice(used);
    }
  }
  return digits.slice(1);
}

/** Split a replacement into texts and group numbers; null where XPath calls it an error. */
function replacementPieces(replacement) {
  const pieces = [];
  for (let at = 0; at < replacement.length; at += 1) {
    const symbol = replacement[at];
    const next = replacement[at + 1] ?? '';
    if (symbol === '\\') {
      if (next !== '\\' && next !== '$') {
        return null;
      }
      pieces.push(next);
      at += 1;
    } else if (symbol === '$') {
      const digits = /^\d+/.exec(replacement.slice(at + 1))?.[0];
      if (!digits) {
        return null;
      }
      pieces.push(Number(digits));
      at += digits.length;
    } else {
      pieces.push(symbol);
    }
  }
  return pieces;
}

define('string join', ['list:list', 'delimiter??:string', 'prefix??:string', 'suffix??:string'], (
  list,
  delimiter,
  prefix,
  suffix,
) => {
  const half = prefix !== undefined && suffix === undefined;
  if (half || list.some((item) => !isNull(item) && typeof item !== 'string')) {
    return undefined;
  }
  return limitText(`${prefix ?? ''}${list.filter((item) => !isNull(item)).join(delimiter ?? '')}${suffix ?? ''}`);
});

// -- numbers --------------------------------------------------------------------------------------------------------

const scaled = (mode) => (number, scale) => round(number, Math.trunc(scale ?? 0), mode) ?? undefined;

define('decimal', ['n:number', 'scale:number'], scaled('half even'));
define('floor', ['n:number', 'scale?:number'], scaled('floor'));
define('ceiling', ['n:number', 'scale?:number'], scaled('ceiling'));
define('round up', ['n:number', 'scale:number'], scaled('up'));
define('round down', ['n:number', 'scale:number'], scaled('down'));
define('round half up', ['n:number', 'scale:number'], scaled('half up'));
define('round half down', ['n:number', 'scale:number'], scaled('half down'));
define('abs', ['n:any'], (given) => {
  const value = single(given);
  if (isDuration(value)) {
    return new FeelDuration(value.value.abs(), value.yearsMonths);
  }
  return typeof value === 'number' ? Math.abs(value) : undefined;
});
define('modulo', ['dividend:number', 'divisor:number'], (dividend, divisor) =>
  divisor === 0 ? undefined : (tidy(dividend - divisor * Math.floor(tidy(dividend / divisor))) ?? undefined));
define('sqrt', ['number:number'], (number) => (number < 0 ? undefined : Math.sqrt(number)));
define('log', ['number:number'], (number) => (number <= 0 ? undefined : Math.log(number)));
define('exp', ['number:number'], (number) => (Number.isFinite(Math.exp(number)) ? Math.exp(number) : undefined));
define('odd', ['number:number'], (number) => Math.abs(number) % 2 === 1);
define('even', ['number:number'], (number) => Math.abs(number) % 2 === 0);

// -- lists ----------------------------------------------------------------------------------------------------------

const numbersOnly = (body) => (list) =>
  list.length > 0 && list.every((item) => typeof item === 'number') ? body(list) : undefined;

function extreme(sign) {
  return (list) => {
    let best = list[0];
    for (const item of list) {
      const position = order(item, best);
      if (position === null) {
        return undefined;
      }
      best = position * sign > 0 ? item : best;
    }
    return best;
  };
}

defineOnList('min', extreme(-1));
defineOnList('max', extreme(1));
defineOnList('sum', numbersOnly(sum));
defineOnList(
  'mean',
  numbersOnly((list) => tidy(sum(list) / list.length)),
);
defineOnList(
  'product',
  numbersOnly((list) => list.reduce((product, item) => tidy(product * item), 1)),
);
defineOnList(
  'median',
  numbersOnly((list) => {
    const sorted = list.toSorted((a, b) => a - b);
    const middle = Math.floor(sorted.length / 2);
    return sorted.length % 2 ? sorted[middle] : tidy((sorted[middle - 1] + sorted[middle]) / 2);
  }),
);
defineOnList(
  'stddev',
  numbersOnly((list) => {
    if (list.length < 2) {
      return undefined;
    }
    const mean = sum(list) / list.length;
    return tidy(Math.sqrt(list.reduce((total, item) => total + (item - mean) ** 2, 0) / (list.length - 1)));
  }),
);
defineOnList('mode', (list) => {
  if (!list.every((item) => typeof item === 'number')) {
    return undefined;
  }
  const counts = new Map();
  list.forEach((item) => counts.set(item, (counts.get(item) ?? 0) + 1));
  const most = Math.max(...counts.values());
  return [...counts]
    .filter(([, count]) => count === most)
    .map(([item]) => item)
    .sort((a, b) => a - b);
});
defineOnList('all', quantified(false));
defineOnList('any', quantified(true));

/** `all` is settled by false, `any` by true; anything that is no boolean leaves the rest unknown. */
function quantified(settling) {
  return (list) => {
    if (list.some((item) => item === settling)) {
      return settling;
    }
    return list.every((item) => typeof item === 'boolean') ? !settling : null;
  };
}

define('count', ['list:list'], (list) => list.length);
define('list contains', ['list:list', 'element?:any'], (list, element) =>
  element === undefined ? undefined : list.some((item) => sameItem(item, element)));
define('index of', ['list:list', 'match?:any'], (list, match) =>
  match === undefined ? undefined : list.flatMap((item, at) => (sameItem(item, match) ? [at + 1] : [])));

const sameItem = (left, right) => Array.isArray(left) === Array.isArray(right) && equals(left, right) === true;

const place = (list, position) => (position < 0 ? list.length + position : position - 1);
const inside = (list, position) => whole(position) && position !== 0 && Math.abs(position) <= list.length;

define('sublist', ['list:list', 'start position:number', 'length?:number'], (list, start, length) => {
  if (!inside(list, start) || (length !== undefined && (!whole(length) || length < 0))) {
    return undefined;
  }
  const from = place(list, start);
  return length !== undefined && from + length > list.length
    ? undefined
    : list.slice(from, length === undefined ? undefined : from + length);
});
define('insert before', ['list:list', 'position:number', 'newItem?:any'], (list, position, item) =>
  item !== undefined && inside(list, position) ? limitList(list.toSpliced(place(list, position), 0, item)) : undefined);
define('remove', ['list:list', 'position:number'], (list, position) =>
  inside(list, position) ? list.toSpliced(place(list, position), 1) : undefined);
define('reverse', ['list:list'], (list) => list.toReversed());
define('flatten', ['list:list'], (list) => limitList(list.flat(100)));
define('distinct values', ['list:list'], distinct);
define('duplicate values', ['list:list'], (list) =>
  distinct(list).filter((item) => list.filter((other) => sameItem(item, other)).length > 1));
define('is empty', ['list:list'], (list) => list.length === 0);
define('partition', ['list:list', 'size:number'], (list, size) => {
  if (!whole(size) || size < 1) {
    return undefined;
  }
  return Array.from({ length: Math.ceil(list.length / size) }, (_, at) => list.slice(at * size, (at + 1) * size));
});

function distinct(list) {
  const seen = new Set();
  const result = [];
  for (const item of list) {
    if (typeof item === 'string' || typeof item === 'number' || typeof item === 'boolean') {
      if (!seen.has(item)) {
        seen.add(item);
        result.push(item);
      }
    } else if (!result.some((other) => sameItem(item, other))) {
      result.push(item);
    }
  }
  return result;
}

const asList = (value) => (Array.isArray(value) ? value : [value]);
const variadic = (name, names, body) => {
  const wrapped = (...given) => {
    const result = given.length === 0 ? undefined : body(...given);
    return result === undefined ? invalid(name) : result;
  };
  wrapped.$args = names;
  builtins[name] = wrapped;
};

variadic('append', ['list', '...item'], (list, ...items) =>
  isNull(list) ? undefined : limitList([...asList(list), ...items]),
);
variadic('concatenate', ['...list'], (...lists) => (lists.some(isNull) ? undefined : limitList(lists.flatMap(asList))));
variadic('union', ['...list'], (...lists) => (lists.some(isNull) ? undefined : distinct(lists.flatMap(asList))));

define('list replace', ['list:list', 'position?:any', 'newItem?:any', 'match?:any'], (list, position, item, match) => {
  const chooser = position === undefined ? match : position;
  if (item === undefined || (position !== undefined && match !== undefined)) {
    return undefined;
  }
  if (typeof chooser === 'number') {
    return inside(list, Math.trunc(chooser)) ? list.with(place(list, Math.trunc(chooser)), item) : undefined;
  }
  if (!isCallable(chooser) || wrapFunction(chooser).parameterNames.length !== 2) {
    return undefined;
  }
  const verdicts = list.map((old) => invoke(chooser, [old, item]));
  return verdicts.every((verdict) => typeof verdict === 'boolean')
    ? list.map((old, at) => (verdicts[at] ? item : old))
    : undefined;
});

/** Call a FEEL function; a failed invocation is null. */
export function invoke(target, given) {
  const result = wrapFunction(target).invoke(given);
  if (result instanceof InvocationFailure) {
    return invalid('function');
  }
  return result === undefined ? null : result;
}

define('sort', ['list:list', 'precedes?:function'], (list, precedes) => {
  if (precedes === undefined) {
    return list.every((item) => order(item, list[0]) !== null) ? list.toSorted(order) : undefined;
  }
  if (wrapFunction(precedes).parameterNames.length !== 2) {
    return undefined;
  }
  const before = (a, b) => invoke(precedes, [a, b]) === true;
  return list.toSorted((a, b) => (before(a, b) ? -1 : before(b, a) ? 1 : 0));
});

// -- contexts -------------------------------------------------------------------------------------------------------

const safeKey = (key) => typeof key === 'string' && key !== '__proto__';

define('get value', ['m:context', 'key:any'], (context, key) => {
  let value = context;
  for (const each of asList(key)) {
    if (typeof each !== 'string' || getType(value) !== 'context') {
      return undefined;
    }
    value = Object.hasOwn(value, each) ? value[each] : null;
  }
  return value ?? null;
});
define('get entries', ['m:context'], (context) => Object.entries(context).map(([key, value]) => ({ key, value })));
define('context', ['entries:list'], (entries) => {
  const context = {};
  for (const entry of entries) {
    if (
      getType(entry) !== 'context' ||
      !Object.hasOwn(entry, 'key') ||
      !Object.hasOwn(entry, 'value') ||
      !safeKey(entry.key) ||
      Object.hasOwn(context, entry.key)
    ) {
      return undefined;
    }
    context[entry.key] = entry.value;
  }
  return context;
});

function putAt(context, [key, ...deeper], value) {
  if (getType(context) !== 'context' || !safeKey(key)) {
    return undefined;
  }
  const inner = deeper.length ? putAt(Object.hasOwn(context, key) ? context[key] : null, deeper, value) : value;
  return inner === undefined ? undefined : { ...context, [key]: inner };
}

function contextPut(context, key, value, keys) {
  const path = keys ?? key;
  if ((key !== undefined && keys !== undefined) || value === undefined || isNull(path)) {
    return undefined;
  }
  return asList(path).length ? putAt(context, asList(path), value) : undefined;
}

define('context put', ['context:context', 'key?:any', 'value?:any', 'keys?:any'], contextPut);
define('put', ['context:context', 'key?:any', 'value?:any', 'keys?:any'], contextPut);
const merge = (contexts) =>
  contexts.every((each) => getType(each) === 'context') ? Object.assign({}, ...contexts) : undefined;
defineOnList('context merge', merge, 'contexts');
defineOnList('put all', merge, 'contexts');

// -- calendar -------------------------------------------------------------------------------------------------------

const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

define('day of year', ['date:date'], (date) => date.value.dayOfYear);
define('day of week', ['date:date'], (date) => WEEKDAYS[date.value.dayOfWeek - 1]);
define('month of year', ['date:date'], (date) => MONTHS[date.value.month - 1]);
define('week of year', ['date:date'], (date) => date.value.weekOfYear);
define('last day of month', ['date:date'], (date) => new FeelDate(date.value.with({ day: date.value.daysInMonth })));

// -- ranges (DMN 10.3.4.7) ------------------------------------------------------------------------------------------

/** Position of two ends, or null where one is open or they are of different kinds. */
const ends = (left, right) => order(left, right);
const start = (value) => value.start;
const end = (value) => value.end;
const startIn = (value) => value['start included'];
const endIn = (value) => value['end included'];

/** Choose the rule by the arguments' shapes (p: point, r: range); an unknown position makes the result null. */
function relation(name, parameters, rules) {
  define(
    name,
    parameters.map((each) => `${each}:point`),
    (first, second) => {
      const sides = [single(first), single(second)];
      const rule = rules[sides.map((side) => (isRange(side) ? 'r' : 'p')).join('')];
      if (!rule) {
        return undefined;
      }
      const result = rule(...sides);
      return result === null ? undefined : result;
    },
  );
}

/** Evaluate with known positions only. */
const with2 = (a, b, decide) => (a === null || b === null ? null : decide(a, b));
const with1 = (a, decide) => (a === null ? null : decide(a));
const swap = (rule) => rule && ((a, b) => rule(b, a));

const beforeRules = {
  pp: (a, b) => with1(ends(a, b), (at) => at < 0),
  pr: (a, r) => with1(ends(a, start(r)), (at) => at < 0 || (at === 0 && !startIn(r))),
  rp: (r, b) => with1(ends(end(r), b), (at) => at < 0 || (at === 0 && !endIn(r))),
  rr: (r, s) => with1(ends(end(r), start(s)), (at) => at < 0 || (at === 0 && !(endIn(r) && startIn(s)))),
};
const meetsRule = (r, s) => with1(ends(end(r), start(s)), (at) => at === 0 && endIn(r) && startIn(s));
const overlapsBefore = (r, s) => {
  const heads = ends(start(r), start(s));
  const reach = ends(end(r), start(s));
  const tails = ends(end(r), end(s));
  return [heads, reach, tails].includes(null)
    ? null
    : (heads < 0 || (heads === 0 && startIn(r) && !startIn(s))) &&
        (reach > 0 || (reach === 0 && endIn(r) && startIn(s))) &&
        (tails < 0 || (tails === 0 && (!endIn(r) || endIn(s))));
};
const finishesRules = {
  pr: (p, r) => with1(ends(end(r), p), (at) => at === 0 && endIn(r)),
  rr: (r, s) =>
    with2(
      ends(end(r), end(s)),
      ends(start(r), start(s)),
      (tails, heads) =>
        tails === 0 && endIn(r) === endIn(s) && (heads > 0 || (heads === 0 && (!startIn(r) || startIn(s)))),
    ),
};
const startsRules = {
  pr: (p, r) => with1(ends(start(r), p), (at) => at === 0 && startIn(r)),
  rr: (r, s) =>
    with2(
      ends(start(r), start(s)),
      ends(end(r), end(s)),
      (heads, tails) =>
        heads === 0 && startIn(r) === startIn(s) && (tails < 0 || (tails === 0 && (!endIn(r) || endIn(s)))),
    ),
};
const includesRules = {
  rp: (r, p) =>
    with2(
      ends(start(r), p),
      ends(end(r), p),
      (heads, tails) => (heads < 0 || (heads === 0 && startIn(r))) && (tails > 0 || (tails === 0 && endIn(r))),
    ),
  rr: (r, s) =>
    with2(
      ends(start(r), start(s)),
      ends(end(r), end(s)),
      (heads, tails) =>
        (heads < 0 || (heads === 0 && (startIn(r) || !startIn(s)))) &&
        (tails > 0 || (tails === 0 && (endIn(r) || !endIn(s)))),
    ),
};

relation('before', ['point1', 'point2'], beforeRules);
relation('after', ['point1', 'point2'], {
  pp: swap(beforeRules.pp),
  pr: swap(beforeRules.rp),
  rp: swap(beforeRules.pr),
  rr: swap(beforeRules.rr),
});
relation('meets', ['range1', 'range2'], { rr: meetsRule });
relation('met by', ['range1', 'range2'], { rr: swap(meetsRule) });
relation('overlaps', ['range1', 'range2'], {
  rr: (r, s) =>
    with2(
      ends(end(r), start(s)),
      ends(start(r), end(s)),
      (after, before) =>
        (after > 0 || (after === 0 && endIn(r) && startIn(s))) &&
        (before < 0 || (before === 0 && startIn(r) && endIn(s))),
    ),
});
relation('overlaps before', ['range1', 'range2'], { rr: overlapsBefore });
relation('overlaps after', ['range1', 'range2'], { rr: swap(overlapsBefore) });
relation('finishes', ['point', 'range'], finishesRules);
relation('finished by', ['range', 'point'], { rp: swap(finishesRules.pr), rr: swap(finishesRules.rr) });
relation('includes', ['range', 'point'], includesRules);
relation('during', ['point', 'range'], { pr: swap(includesRules.rp), rr: swap(includesRules.rr) });
relation('starts', ['point', 'range'], startsRules);
relation('started by', ['range', 'point'], { rp: swap(startsRules.pr), rr: swap(startsRules.rr) });
relation('coincides', ['point1', 'point2'], {
  pp: (a, b) => with1(ends(a, b), (at) => at === 0),
  rr: (r, s) =>
    with2(
      ends(start(r), start(s)),
      ends(end(r), end(s)),
      (heads, tails) => heads === 0 && tails === 0 && startIn(r) === startIn(s) && endIn(r) === endIn(s),
    ),
});

const RANGE = /^\s*([[(\]])\s*(.*?)\s*\.\.\s*(.*?)\s*([\])[])\s*$/s;
const CALL = /^(?:@\s*|(date and time|date|time|duration)\s*\(\s*)"((?:[^"\\]|\\.)*)"\s*(\))?$/;

function literal(text) {
  if (text === '' || text === 'null') {
    return null;
  }
  if (/^-?\d+(\.\d+)?$/.test(text)) {
    return Number(text);
  }
  if (/^"(?:[^"\\]|\\.)*"$/.test(text)) {
    return text.slice(1, -1).replace(/\\(["\\])/g, '$1');
  }
  const call = CALL.exec(text);
  if (!call || Boolean(call[1]) !== Boolean(call[3])) {
    return undefined;
  }
  return builtins[call[1] ?? '@'](call[2]) ?? undefined;
}

define('range', ['from:string'], (text) => {
  const match = RANGE.exec(text);
  const [left, right] = match ? [literal(match[2]), literal(match[3])] : [undefined, undefined];
  if (left === undefined || right === undefined || (left === null && right === null)) {
    return undefined;
  }
  const opens = match[1] === '[';
  const closes = match[4] === ']';
  const made = (left === null && opens) || (right === null && closes) ? null : range(left, right, opens, closes);
  return made && (isNull(left) || isNull(right) || order(left, right) <= 0) ? made : undefined;
});

export { builtins };
