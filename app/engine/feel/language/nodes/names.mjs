/** Variables, paths and the properties of values. */
import { getType } from 'feelin';
import { normalizeContextKey } from 'lezer-feel';
import { builtins } from '../builtins.mjs';
import { asRange } from '../compare.mjs';
import { make } from '../decimals.mjs';
import { warn } from '../state.mjs';

export function variable(node, args) {
  const name = args.join(' ');
  const builtin = Object.hasOwn(builtins, name) ? builtins[name] : undefined;
  const read = (scope) => {
    const value = scope[name];
    if (value !== undefined) {
      return value;
    }
    if (builtin) {
      return builtin;
    }
    warn('NO_VARIABLE_FOUND', name);
    return null;
  };
  return Object.assign(read, { type: 'any', variable: name, builtin });
}

const PROPERTIES = {
  date: ['year', 'month', 'day', 'weekday'],
  time: ['hour', 'minute', 'second', 'time offset', 'timezone'],
  'date time': ['year', 'month', 'day', 'weekday', 'hour', 'minute', 'second', 'time offset', 'timezone'],
  duration: ['years', 'months', 'days', 'hours', 'minutes', 'seconds'],
  range: ['start', 'end', 'start included', 'end included'],
};

/** A property of a value; only what FEEL defines is visible, never what the JavaScript object has besides. */
export function property(given, name) {
  const value = asRange(given);
  const kind = getType(value);
  if (kind === 'context') {
    return entry(value, name);
  }
  if (kind === 'list') {
    return value.map((item) => property(item, name));
  }
  if (!PROPERTIES[kind]?.includes(name)) {
    warn('NO_PROPERTY_FOUND', name);
    return null;
  }
  return propertyOf(value, kind, name) ?? null;
}

const SECONDS = ['second', 'millisecond', 'microsecond', 'nanosecond'];

function propertyOf(value, kind, name) {
  if (kind === 'duration') {
    const own = value.yearsMonths === ['years', 'months'].includes(name);
    return own && name === 'seconds' ? fractional(value.value, 's') : own ? value[name] : null;
  }
  if (name === 'second') {
    return fractional(value.value, '');
  }
  if (name === 'timezone') {
    return value.zone !== null && /^[A-Za-z]/.test(value.zone) && value.zone !== 'UTC' ? value.zone : null;
  }
  return value[name];
}

/** Seconds with their fraction; `plural` is how Temporal names the units of the value: second, seconds. */
function fractional(value, plural) {
  const [seconds, ...parts] = SECONDS.map((unit) => value[unit + plural]);
  return make(
    parts.reduce((total, part) => total * 1000n + BigInt(part), BigInt(seconds)),
    -9,
  );
}

function entry(context, name) {
  if (Object.hasOwn(context, name)) {
    return context[name] ?? null;
  }
  const key = Object.keys(context).find((each) => normalizeContextKey(each) === name);
  if (key === undefined) {
    warn('NO_CONTEXT_ENTRY_FOUND', name);
    return null;
  }
  return context[key] ?? null;
}
