/** Filters, lists, contexts, functions and their invocation. */
import { FeelFunction, FeelRange } from 'feelin';
import { invoke } from '../builtins.mjs';
import { Test, contains, meets } from '../compare.mjs';
import { isNumber } from '../decimals.mjs';
import { FeelError, state, warn } from '../state.mjs';
import { conform, isCallable } from '../types.mjs';
import { bind, child, isNull, itemScope, tagged } from '../scopes.mjs';

export function filter(node, args) {
  const [source, , condition] = args;
  return tagged((scope) => {
    const target = source(scope);
    if (isNull(target)) {
      return condition.type === 'number' ? null : [];
    }
    const list = Array.isArray(target) ? target : [target];
    if (condition.type === 'number' || list.length === 0) {
      return pick(list, condition(scope));
    }
    const verdicts = list.map((item) => condition(itemScope(scope, item)));
    if (verdicts.every(isNumber)) {
      return pick(list, condition(scope));
    }
    return list.filter((item, at) => accepts(verdicts[at], item));
  }, 'any');
}

function accepts(verdict, item) {
  return verdict instanceof FeelRange || verdict instanceof Test ? meets(verdict, item) === true : verdict === true;
}

function pick(list, position) {
  if (!isNumber(position)) {
    return position === true ? list : [];
  }
  return Number.isInteger(position) ? (list[position < 0 ? list.length + position : position - 1] ?? null) : null;
}

export function contextLiteral(node, args) {
  const entries = args.slice(1, -1);
  return tagged((scope) => {
    const inner = child(scope);
    const result = {};
    for (const { key, read } of entries) {
      const name = typeof key === 'function' ? key(scope) : key;
      if (Object.hasOwn(result, name) || name === '__proto__') {
        warn('DUPLICATE_KEY', name);
        return null;
      }
      result[name] = read(inner);
      bind(inner, name, result[name]);
    }
    return result;
  }, 'context');
}

export function functionDefinition(node, args) {
  const parameters = args[2];
  if (args.includes('external')) {
    return () => {
      warn('UNSUPPORTED', 'external function');
      return null;
    };
  }
  const body = args.at(-1);
  const declared = parameters === ')' ? [] : parameters;
  const [names, types] = [declared.map(({ name }) => name), declared.map(({ type }) => type)];
  return tagged((scope) => {
    const fn = (...values) => {
      const inner = child(scope);
      for (let at = 0; at < names.length; at += 1) {
        const given = values[at] ?? null;
        const value = conform(given, types[at]);
        if (value === null && given !== null) {
          warn('INVALID_ARGUMENTS', 'function');
          return null;
        }
        bind(inner, names[at], value);
      }
      return values.length === names.length ? body(inner) : null;
    };
    return Object.assign(new FeelFunction(fn, names), { parameterTypes: types });
  }, 'function');
}

export function invocation(node, args) {
  const [target, , parameters] = args;
  const read = typeof parameters === 'function' ? parameters : () => [];
  return tagged((scope) => {
    let callee = target(scope);
    if (!isCallable(callee) && !(callee instanceof FeelRange)) {
      // a variable that is called like a built-in function does not hide it
      callee = target.builtin;
    }
    if (!callee) {
      if (state.strict) {
        throw new FeelError('feel_function', `no function ${target.variable ?? ''}`.trim());
      }
      warn('NO_FUNCTION_FOUND', target.variable);
      return null;
    }
    const given = read(scope);
    return callee instanceof FeelRange ? contains(callee, given[0]) : invoke(callee, given);
  }, 'any');
}

export function list(node, args) {
  const elements = args.slice(1, -1);
  return tagged((scope) => elements.map((element) => element(scope)), 'list');
}
