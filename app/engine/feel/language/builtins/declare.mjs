/** How a built-in function is declared: names and types of its parameters, conversions, null for what does not fit. */
import {
  FeelRange,
  InvocationFailure,
  builtins,
  getType,
  isDate,
  isDateTime,
  isDuration,
  wrapFunction,
} from 'feelin';

import { dateTimeOn, dayOf } from '../far_years.mjs';
import { warn } from '../state.mjs';
import { isCallable } from '../types.mjs';

const invalid = (name) => {
  warn('INVALID_ARGUMENTS', name);
  return null;
};

export const isNull = (value) => value === null || value === undefined;
export const single = (value) => (Array.isArray(value) && value.length === 1 ? value[0] : value);
export const asList = (value) => (Array.isArray(value) ? value : [value]);
export const isRange = (value) => value instanceof FeelRange;

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
    return dateTimeOn(value, undefined, 'UTC');
  }
  if (type === 'date' && isDateTime(value)) {
    return dayOf(value);
  }
  return undefined;
}

/**
 * Declare a function: `parameters` are "name:type", with "?" behind the name where it may be left out and "??" where it
 * may be null as well. An argument that does not fit makes the result null.
 */
export function define(name, parameters, body) {
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
export function defineOnList(name, body, parameter = 'list') {
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

export const whole = (number) => Number.isInteger(number);

/** Declare a function of any number of arguments. */
export const variadic = (name, names, body) => {
  const wrapped = (...given) => {
    const result = given.length === 0 ? undefined : body(...given);
    return result === undefined ? invalid(name) : result;
  };
  wrapped.$args = names;
  builtins[name] = wrapped;
};

/** Of a function's signatures with these names the one in this order, else the first. */
function signatureOf({ signatures = [] }, given) {
  const fitting = signatures.filter(
    (names) => names.length === given.length && names.every((name) => given.includes(name)),
  );
  return fitting.find((names) => names[0] === given[0]) ?? fitting[0];
}

/** Call a FEEL function; a failed invocation is null. */
export function invoke(target, given) {
  const named = Array.isArray(given) ? null : signatureOf(target, Object.keys(given));
  const result = wrapFunction(target).invoke(named ? named.map((name) => given[name]) : given);
  if (result instanceof InvocationFailure) {
    return invalid('function');
  }
  return result === undefined ? null : result;
}
