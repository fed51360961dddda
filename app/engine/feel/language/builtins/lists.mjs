/** Functions of lists (DMN 10.3.4.4, 10.3.4.9). */
import { wrapFunction } from 'feelin';

import { equals, order } from '../compare.mjs';
import { compare, divide, isNumber, multiply, subtract, sum } from '../decimals.mjs';
import { squareRoot } from '../numbers.mjs';
import { limitList } from '../state.mjs';
import { isCallable } from '../types.mjs';
import { asList, define, defineOnList, invoke, isNull, variadic, whole } from './declare.mjs';

const numbersOnly = (body) => (list) =>
  list.length > 0 && list.every(isNumber) ? body(list) : undefined;

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
  numbersOnly((list) => divide(sum(list), list.length)),
);
defineOnList(
  'product',
  numbersOnly((list) => list.reduce(multiply, 1)),
);
defineOnList(
  'median',
  numbersOnly((list) => {
    const sorted = list.toSorted(compare);
    const middle = Math.floor(sorted.length / 2);
    return sorted.length % 2 ? sorted[middle] : divide(sum([sorted[middle - 1], sorted[middle]]), 2);
  }),
);
defineOnList(
  'stddev',
  numbersOnly((list) => {
    if (list.length < 2) {
      return undefined;
    }
    const mean = divide(sum(list), list.length);
    const squares = list.map((item) => subtract(item, mean)).map((distance) => multiply(distance, distance));
    return squareRoot(divide(sum(squares), list.length - 1));
  }),
);
defineOnList('mode', (list) => {
  if (!list.every(isNumber)) {
    return undefined;
  }
  const counts = new Map();
  list.forEach((item) => {
    const key = String(item);
    counts.set(key, { item, count: (counts.get(key)?.count ?? 0) + 1 });
  });
  const most = Math.max(...Array.from(counts.values(), ({ count }) => count));
  return Array.from(counts.values())
    .filter(({ count }) => count === most)
    .map(({ item }) => item)
    .sort(compare);
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
