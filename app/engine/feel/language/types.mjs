/**
 * FEEL types: what `instance of` asks, and how a value conforms to an item definition (DMN 7.3.2, 10.3.2.9.4).
 *
 * A type is { kind: 'name', name }, { kind: 'list' | 'range', element }, { kind: 'context', entries: [{ name, type }] },
 * { kind: 'function', parameters, result } or { kind: 'item', type, list, allowed } for an item definition.
 */
import { FeelFunction, getType } from 'feelin';

import { dateTimeOn } from './far_years.mjs';
import { state } from './state.mjs';

const KINDS = {
  number: 'number',
  string: 'string',
  boolean: 'boolean',
  date: 'date',
  time: 'time',
  'date and time': 'date time',
  dateTime: 'date time',
  context: 'context',
  list: 'list',
  range: 'range',
  function: 'function',
  duration: 'duration',
};
const DURATIONS = {
  'days and time duration': false,
  dayTimeDuration: false,
  'years and months duration': true,
  yearMonthDuration: true,
};
const MOST_NESTED_TYPES = 50;

/** Whether FEEL itself has a type of this name. */
export const isBuiltInType = (name) => name === 'Any' || name === 'Null' || name in KINDS || name in DURATIONS;

export const isCallable = (value) => typeof value === 'function' || value instanceof FeelFunction;

export function isInstance(value, type, depth = 0) {
  if (!type || depth > MOST_NESTED_TYPES) {
    return depth <= MOST_NESTED_TYPES;
  }
  switch (type.kind) {
    case 'name':
      return isNamed(value, type.name, depth);
    case 'list':
      return Array.isArray(value) && value.every((item) => isNull(item) || isInstance(item, type.element, depth + 1));
    case 'range':
      return (
        getType(value) === 'range' &&
        [value.start, value.end].every((end) => isNull(end) || isInstance(end, type.element, depth + 1))
      );
    case 'context':
      return getType(value) === 'context' && type.entries.every((entry) => hasEntry(value, entry, depth));
    case 'function':
      return isCallable(value) && fitsFunction(value, type);
    case 'item':
      return isItem(value, type, depth);
    default:
      return false;
  }
}

const isNull = (value) => value === null || value === undefined;

function isNamed(value, name, depth) {
  if (name === 'Any') {
    return !isNull(value);
  }
  if (name === 'Null') {
    return isNull(value);
  }
  if (isNull(value)) {
    return false;
  }
  if (name in DURATIONS) {
    return getType(value) === 'duration' && value.yearsMonths === DURATIONS[name];
  }
  if (name in KINDS) {
    return name === 'function' ? isCallable(value) : getType(value) === KINDS[name];
  }
  const defined = state.types?.[name];
  return defined ? isInstance(value, defined, depth + 1) : false;
}

function hasEntry(value, entry, depth) {
  if (state.lenient && !Object.hasOwn(value, entry.name)) {
    return true;
  }
  return (
    Object.hasOwn(value, entry.name) &&
    (isNull(value[entry.name]) || isInstance(value[entry.name], entry.type, depth + 1))
  );
}

/** A function takes what the type gives it: as many arguments, each of a type that its parameter takes. */
function fitsFunction(value, type) {
  const wanted = type.parameters;
  if (!wanted) {
    return true;
  }
  if (!(value instanceof FeelFunction)) {
    // built-in functions have parameters that may be left out
    return wanted.length <= value.$args.length || value.$args.some((name) => name.startsWith('...'));
  }
  const declared = value.parameterTypes ?? [];
  return (
    value.parameterNames.length === wanted.length &&
    wanted.every(({ type }, at) => isAny(type) || isAny(declared[at]) || baseName(type) === baseName(declared[at]))
  );
}

function isItem(value, type, depth) {
  // `instance of` asks for the type alone; allowed values bind where a value enters a variable
  const allowed = (item) => !state.constrained || !type.allowed || isNull(item) || type.allowed(item) === true;
  if (type.list) {
    return (
      Array.isArray(value) &&
      value.every((item) => isNull(item) || (isInstance(item, type.type, depth + 1) && allowed(item)))
    );
  }
  return isInstance(value, type.type, depth + 1) && allowed(value);
}

/** Whether values of the type are lists. */
export function isListType(type, depth = 0) {
  if (!type || depth > MOST_NESTED_TYPES) {
    return false;
  }
  if (type.kind === 'item') {
    return type.list || isListType(type.type, depth + 1);
  }
  if (type.kind === 'name') {
    return type.name === 'list' || isListType(state.types?.[type.name], depth + 1);
  }
  return type.kind === 'list';
}

function elementType(type, depth = 0) {
  if (!type || depth > MOST_NESTED_TYPES) {
    return null;
  }
  if (type.kind === 'item') {
    return type.list ? { ...type, list: false } : elementType(type.type, depth + 1);
  }
  if (type.kind === 'name') {
    return elementType(state.types?.[type.name], depth + 1);
  }
  return type.element ?? null;
}

const isAny = (type) => !type || (type.kind === 'name' && type.name === 'Any');

/** The value as the type wants it: as it is, or converted by DMN's implicit conversions, or null. */
export function conform(value, type) {
  const before = state.constrained;
  state.constrained = true;
  try {
    return converted(value, type);
  } finally {
    state.constrained = before;
  }
}

function converted(value, type) {
  if (isAny(type) || isNull(value) || isInstance(value, type)) {
    return value ?? null;
  }
  if (isListType(type)) {
    if (Array.isArray(value)) {
      return null;
    }
    const element = converted(value, elementType(type));
    return element === null ? null : [element];
  }
  if (Array.isArray(value)) {
    return value.length === 1 ? converted(value[0], type) : null;
  }
  if (getType(value) === 'date') {
    const midnight = dateTimeOn(value, undefined, 'UTC');
    return isInstance(midnight, type) ? midnight : null;
  }
  return null;
}

const TEMPORAL_NAMES = new Set([
  'date',
  'time',
  'date and time',
  'dateTime',
  'duration',
  'days and time duration',
  'dayTimeDuration',
  'years and months duration',
  'yearMonthDuration',
]);

/** The value with what `read` makes of its texts wherever the type says that they are temporal values. */
export function withTexts(value, type, read) {
  if (typeof value === 'string') {
    return TEMPORAL_NAMES.has(baseName(type)) ? (read(value) ?? value) : value;
  }
  if (Array.isArray(value)) {
    const element = isListType(type) ? elementType(type) : type;
    return value.map((item) => withTexts(item, element, read));
  }
  const entries = getType(value) === 'context' ? entriesOf(type).filter(({ name }) => Object.hasOwn(value, name)) : [];
  const readEntries = entries.map(({ name, type: own }) => [name, withTexts(value[name], own, read)]);
  return entries.length ? { ...value, ...Object.fromEntries(readEntries) } : value;
}

function entriesOf(type, depth = 0) {
  if (!type || depth > MOST_NESTED_TYPES) {
    return [];
  }
  if (type.kind === 'name') {
    return entriesOf(state.types?.[type.name], depth + 1);
  }
  return type.kind === 'item' && !type.list ? entriesOf(type.type, depth + 1) : (type.entries ?? []);
}

/** The plain named type at the bottom of a type, for reading texts of JSON input: "date", "number"... */
export function baseName(type, depth = 0) {
  if (!type || depth > MOST_NESTED_TYPES) {
    return '';
  }
  if (type.kind === 'name') {
    const defined = state.types?.[type.name];
    return defined ? baseName(defined, depth + 1) : type.name;
  }
  return type.kind === 'item' && !type.list ? baseName(type.type, depth + 1) : '';
}
