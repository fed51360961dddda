/** Booleans, presence and contexts (DMN 10.3.4.2, 10.3.4.10), with what Camunda adds. */
import { getType, isDuration } from 'feelin';

import { equals } from '../compare.mjs';
import { FeelError } from '../state.mjs';
import { asList, define, defineOnList, isNull, single } from './declare.mjs';

define('not', ['negand:any'], (negand) => (typeof single(negand) === 'boolean' ? !single(negand) : null));
define('is defined', ['value?:any'], (value) => !isNull(value));
define('get or else', ['value:any', 'default:any'], (value, otherwise) => (isNull(value) ? otherwise : value));
define('assert', ['value:any', 'condition:any', 'cause??:string'], (value, condition) => {
  if (condition !== true) {
    // the cause may be made of data, which has no place in messages
    throw new FeelError('feel_assert', 'an assertion does not hold');
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
