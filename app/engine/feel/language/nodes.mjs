/**
 * The meaning of the syntax tree's nodes where it differs from feelin's: three-valued logic, filters, paths, loops,
 * arithmetic, comparisons, unary tests. A node becomes a function of a scope; a scope inherits from the scope around it.
 */
import { FeelFunction, FeelRange, getType, isDate, isDuration, isTemporal } from 'feelin';
import { normalizeContextKey } from 'lezer-feel';

import { builtins, invoke } from './builtins.mjs';
import { Test, anyMeets, both, compare, contains, meets, range } from './compare.mjs';
import { tidy } from './numbers.mjs';
import { FeelError, limitList, limitText, state, warn } from './state.mjs';
import { addBoth, between, divideDurations, scaleDuration, shift } from './temporal.mjs';
import { isCallable, isInstance } from './types.mjs';

const MOST_TURNS = 200_000;
const isNull = (value) => value === null || value === undefined;

// -- scopes ---------------------------------------------------------------------------------------------------------

export function newScope(context) {
  const scope = Object.create(null);
  bindAll(scope, context);
  return scope;
}

const child = (scope) => Object.create(scope);

const SIMPLE = /^[\p{L}_][\p{L}\p{N}_]*$/u;
const MOST_NAMES = 5_000;
const simple = new Map();

/** Whether the parser reads a name as one word. Asked for every key of every context, so the answers are kept. */
export function isSimple(name) {
  let answer = simple.get(name);
  if (answer === undefined) {
    answer = SIMPLE.test(name);
    if (simple.size >= MOST_NAMES) {
      simple.clear();
    }
    simple.set(name, answer);
  }
  return answer;
}

/** Bind a name; names with operators or odd spaces are also found as the parser writes them. */
export function bind(scope, name, value) {
  scope[name] = value === undefined ? null : value;
  if (!isSimple(name)) {
    scope[normalizeContextKey(name)] = scope[name];
  }
}

function bindAll(scope, context) {
  for (const name of Object.keys(context)) {
    bind(scope, name, context[name]);
  }
}

// -- names and paths ------------------------------------------------------------------------------------------------

function variable(node, args) {
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
  // `(= 10)` is the range that holds 10 alone
  const value =
    given instanceof Test && given.operator === '=' ? range(given.operand, given.operand, true, true) : given;
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

function propertyOf(value, kind, name) {
  if (kind === 'duration') {
    const own = value.yearsMonths === ['years', 'months'].includes(name);
    return own ? value[name] : null;
  }
  if (name === 'second') {
    return tidy(
      value.value.second + value.value.millisecond / 1e3 + value.value.microsecond / 1e6 + value.value.nanosecond / 1e9,
    );
  }
  if (name === 'timezone') {
    return value.zone !== null && /^[A-Za-z]/.test(value.zone) && value.zone !== 'UTC' ? value.zone : null;
  }
  return value[name];
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

// -- arithmetic -----------------------------------------------------------------------------------------------------

const single = (value) => (Array.isArray(value) && value.length === 1 ? value[0] : value);

function add(left, right) {
  if (typeof left === 'number' && typeof right === 'number') {
    return tidy(left + right);
  }
  if (typeof left === 'string' && typeof right === 'string') {
    return limitText(left + right);
  }
  if (isDuration(left) && isDuration(right)) {
    return addBoth(left, right, 1);
  }
  if (isTemporal(left) && isDuration(right)) {
    return shift(left, right, 1);
  }
  return isDuration(left) && isTemporal(right) ? shift(right, left, 1) : undefined;
}

function subtract(left, right) {
  if (typeof left === 'number' && typeof right === 'number') {
    return tidy(left - right);
  }
  if (isDuration(left) && isDuration(right)) {
    return addBoth(left, right, -1);
  }
  if (isTemporal(left) && isTemporal(right)) {
    return between(left, right);
  }
  return isTemporal(left) && isDuration(right) ? shift(left, right, -1) : undefined;
}

function multiply(left, right) {
  if (typeof left === 'number' && typeof right === 'number') {
    return tidy(left * right);
  }
  if (isDuration(left) && typeof right === 'number') {
    return scaleDuration(left, right);
  }
  return typeof left === 'number' && isDuration(right) ? scaleDuration(right, left) : undefined;
}

function divide(left, right) {
  if (typeof left === 'number' && typeof right === 'number') {
    return right === 0 ? null : tidy(left / right);
  }
  if (isDuration(left) && isDuration(right)) {
    return divideDurations(left, right);
  }
  return isDuration(left) && typeof right === 'number' && right !== 0 ? scaleDuration(left, 1 / right) : undefined;
}

const power = (left, right) =>
  typeof left === 'number' && typeof right === 'number' ? tidy(left ** right) : undefined;

const OPERATIONS = { '+': add, '-': subtract, '*': multiply, '/': divide, '**': power, '^': power };

function arithmetic(node, args) {
  if (args.length === 2) {
    return Object.assign((scope) => negate(args[1](scope)), { type: args[1].type });
  }
  const [left, operator, right] = args;
  const operation = OPERATIONS[operator];
  const type = left.type === right.type ? left.type : 'any';
  return Object.assign(
    (scope) => {
      const result = operation(left(scope), right(scope));
      if (result === undefined) {
        warn('INVALID_TYPE', operator);
        return null;
      }
      return result;
    },
    { type },
  );
}

function negate(value) {
  if (typeof value === 'number') {
    return value === 0 ? 0 : -value;
  }
  return isDuration(value) ? scaleDuration(value, -1) : null;
}

// -- logic ----------------------------------------------------------------------------------------------------------

/** A connective settled by one side: `and` by false, `or` by true (DMN 10.3.2.12). */
const connective = (settling) => (node, args) =>
  Object.assign(
    (scope) => {
      const left = single(args[0](scope));
      if (left === settling) {
        return settling;
      }
      const right = single(args[2](scope));
      if (right === settling) {
        return settling;
      }
      return left === !settling && right === !settling ? !settling : null;
    },
    { type: 'test' },
  );

function comparison(node, args) {
  const operator = args[1];
  if (operator === 'in') {
    const tests = args[3] ?? args[2];
    return tagged((scope) => {
      const value = args[0](scope);
      const inner = child(scope);
      inner['?'] = value;
      return isIn(value, tests(inner));
    }, 'test');
  }
  if (operator === 'between') {
    return tagged((scope) => {
      const value = args[0](scope);
      return both(compare(value, '>=', args[2](scope)), compare(value, '<=', args[4](scope)));
    }, 'test');
  }
  return tagged((scope) => compare(args[0](scope), operator.operator, args[2](scope)), 'test');
}

const tagged = (fn, type) => Object.assign(fn, { type });

function isIn(value, tests) {
  const list = tests?.verdicts ? tests : [tests];
  if (list.some((test) => test instanceof Verdict && test.value === true)) {
    return true;
  }
  return anyMeets(
    list.filter((test) => !(test instanceof Verdict)),
    value,
  );
}

// -- loops ----------------------------------------------------------------------------------------------------------

function iteration(node, args) {
  if (args.length < 3) {
    return args[0];
  }
  return (scope) => {
    const [from, to] = [single(args[0](scope)), single(args[2](scope))];
    return { from, to, steps: true };
  };
}

function* turns(source) {
  if (source instanceof FeelRange) {
    yield* steps(source.start, source.end, source['start included'], source['end included']);
  } else if (source?.steps) {
    yield* steps(source.from, source.to, true, true);
  } else {
    yield* Array.isArray(source) ? source : [source];
  }
}

const DAY = { type: 'day' };

function* steps(from, to, first, last) {
  const numbers = Number.isInteger(from) && Number.isInteger(to);
  if (!numbers && !(isDate(from) && isDate(to))) {
    throw DAY;
  }
  const at = numbers ? (step) => from + step : (step) => shiftDays(from, step);
  const distance = numbers ? to - from : between(to, from).value.days;
  const direction = distance < 0 ? -1 : 1;
  for (let step = first ? 0 : direction; Math.abs(step) <= Math.abs(distance) - (last ? 0 : 1); step += direction) {
    yield at(step);
    if (distance === 0) {
      return;
    }
  }
}

const shiftDays = (date, days) => new date.constructor(date.value.add({ days }));

/** Visit every combination of the loop's names; false from `visit` ends the loop. Null where a source is no list. */
function loop(scope, sources, visit) {
  let count = 0;
  const enter = (outer, depth) => {
    if (depth === sources.length) {
      count += 1;
      if (count > MOST_TURNS) {
        throw new FeelError('feel_size', 'a loop has too many turns');
      }
      return visit(outer);
    }
    const source = sources[depth].read(outer);
    if (isNull(source)) {
      throw DAY;
    }
    for (const item of turns(source)) {
      const inner = child(outer);
      bind(inner, sources[depth].name, item);
      if (enter(inner, depth + 1) === false) {
        return false;
      }
    }
    return true;
  };
  try {
    enter(scope, 0);
    return true;
  } catch (error) {
    if (error === DAY) {
      return false;
    }
    throw error;
  }
}

function forExpression(node, args) {
  const sources = args[1];
  const body = args.at(-1);
  const looksBack = /\bpartial\b/.test(node.input);
  return (scope) => {
    const partial = [];
    const known = loop(scope, sources, (inner) => {
      if (looksBack) {
        // a turn sees the results before it, not the list that is still growing
        inner.partial = partial.slice();
      }
      partial.push(body(inner));
      return true;
    });
    return known ? limitList(partial) : null;
  };
}

function quantified(node, args) {
  const settling = args[0] === 'some';
  const [, sources, , condition] = args;
  return tagged((scope) => {
    let verdict = !settling;
    const known = loop(scope, sources, (inner) => {
      const result = condition(inner);
      if (result === settling) {
        verdict = settling;
        return false;
      }
      verdict = result === !settling ? verdict : null;
      return true;
    });
    return known ? verdict : null;
  }, 'test');
}

// -- lists, contexts, functions -------------------------------------------------------------------------------------

function filter(node, args) {
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
    if (verdicts.every((verdict) => typeof verdict === 'number')) {
      return pick(list, condition(scope));
    }
    return list.filter((item, at) => accepts(verdicts[at], item));
  }, 'any');
}

function accepts(verdict, item) {
  return verdict instanceof FeelRange || verdict instanceof Test ? meets(verdict, item) === true : verdict === true;
}

export function itemScope(scope, item) {
  const inner = child(scope);
  if (getType(item) === 'context') {
    bindAll(inner, item);
  }
  if (!(getType(item) === 'context' && Object.hasOwn(item, 'item'))) {
    inner.item = item ?? null;
  }
  return inner;
}

function pick(list, position) {
  if (typeof position !== 'number') {
    return position === true ? list : [];
  }
  return list[position < 0 ? list.length + position : position - 1] ?? null;
}

function contextLiteral(node, args) {
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

function functionDefinition(node, args) {
  const parameters = args[2];
  if (args.includes('external')) {
    return () => {
      warn('UNSUPPORTED', 'external function');
      return null;
    };
  }
  const body = args.at(-1);
  const names = parameters === ')' ? [] : parameters.map((each) => each.name);
  return tagged((scope) => {
    const fn = (...values) => {
      const inner = child(scope);
      for (let at = 0; at < names.length; at += 1) {
        const type = parameters[at].type;
        const value = values[at] ?? null;
        if (type && !isNull(value) && !isInstance(value, type)) {
          return null;
        }
        bind(inner, names[at], value);
      }
      return values.length === names.length ? body(inner) : null;
    };
    return new FeelFunction(fn, names);
  }, 'function');
}

function invocation(node, args) {
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

// -- unary tests ----------------------------------------------------------------------------------------------------

/** The outcome of a unary test that says yes or no itself, such as `? > 5` or `contains(?, "a")`. */
class Verdict {
  constructor(value) {
    this.value = value;
  }
}

function positiveUnaryTest(node, args) {
  const [test] = args;
  const says = test.type === 'test' || /\?/.test(node.input);
  return (scope) => {
    const value = test(scope);
    const decides =
      typeof value === 'boolean' && (says || (typeof scope['?'] !== 'boolean' && !('constantValue' in test)));
    return decides ? new Verdict(value) : value;
  };
}

function unaryTests(node, args) {
  const negated = args[0] === 'not';
  const groups = negated ? args.slice(2, -1) : args;
  return (scope) => {
    const value = scope['?'] ?? null;
    let unknown = false;
    for (const test of groups.flatMap((group) => group(scope))) {
      const result = test instanceof Verdict ? test.value : meets(test, value);
      if (result === true) {
        return !negated;
      }
      unknown ||= result === null && (test instanceof FeelRange || test instanceof Test);
    }
    return negated ? (unknown ? null : true) : false;
  };
}

function list(node, args) {
  const elements = args.slice(1, -1);
  return tagged((scope) => elements.map((element) => element(scope)), 'list');
}

function positiveUnaryTests(node, args) {
  return (scope) =>
    Object.assign(
      args.map((test) => test(scope)),
      { verdicts: true },
    );
}

function interval(node, args) {
  const [opening, start, , end, closing] = args;
  return tagged((scope) => range(start(scope), end(scope), opening === '[', closing === ']'), 'test');
}

function unaryComparison(node, args) {
  if (args.length === 1) {
    return args[0];
  }
  const { operator } = args[0];
  return tagged((scope) => {
    const operand = args[1](scope);
    if (operator === '=' || operator === '!=') {
      return new Test(operator, operand);
    }
    return operator.startsWith('<')
      ? range(null, operand, false, operator === '<=')
      : range(operand, null, operator === '>=', false);
  }, 'test');
}

const NODES = {
  VariableName: variable,
  BacktickIdentifier: (node) => node.input.slice(1, -1),
  PathName: (node, args) => args.join(' '),
  PathExpression: (node, [target, , name]) => tagged((scope) => property(target(scope), name), 'any'),
  NumericLiteral: numeric,
  ArithOp: (node) => node.input,
  ArithmeticExpression: arithmetic,
  CompareOp: (node) => ({ operator: node.input }),
  Comparison: comparison,
  Conjunction: connective(false),
  Disjunction: connective(true),
  IfExpression: (node, args) => {
    const type = args[3].type === args[5]?.type ? args[3].type : 'any';
    return tagged(
      (scope) => (single(args[1](scope)) === true ? args[3](scope) : args[5] ? args[5](scope) : null),
      type,
    );
  },
  '?': () => (scope) => scope['?'] ?? null,
  IterationContext: iteration,
  InExpression: (node, args) => ({ name: args[0], read: args[2] }),
  InExpressions: (node, args) => args.filter((each) => typeof each === 'object'),
  ForExpression: forExpression,
  some: () => 'some',
  every: () => 'every',
  QuantifiedExpression: quantified,
  FilterExpression: filter,
  List: list,
  Context: contextLiteral,
  ContextEntry: (node, args) => ({ key: args[0], read: args[1] }),
  FormalParameter: (node, args) => ({ name: args[0], type: args.find((each) => each?.kind) }),
  FunctionDefinition: functionDefinition,
  FunctionInvocation: invocation,
  QualifiedName: (node) => ({ kind: 'name', name: node.input.replace(/\s+/g, ' ').trim() }),
  InstanceOfExpression: (node, args) => tagged((scope) => isInstance(args[0](scope), args[3]), 'test'),
  Interval: interval,
  SimplePositiveUnaryTest: unaryComparison,
  PositiveUnaryTest: positiveUnaryTest,
  PositiveUnaryTests: positiveUnaryTests,
  Wildcard: () => () => new Verdict(true),
  UnaryTests: unaryTests,
};

function numeric(node) {
  const value = Number(node.input.replace(/\s+/g, ''));
  return Object.assign(() => value, { type: 'number', constantValue: value });
}

/** Called for every node of a tree in place of feelin's own evaluation. */
export function buildNode(node, args, interpreterContext, feelinNode) {
  const own = Object.hasOwn(NODES, node.name) ? NODES[node.name] : null;
  return own ? own(node, args) : feelinNode(node, args, interpreterContext);
}
