/** Three-valued logic, comparisons, unary tests (DMN 10.3.2.12, 10.3.2.13, 7.3.3). */
import { FeelRange } from 'feelin';
import { Test, anyMeets, both, compare, meets, range } from '../compare.mjs';
import { child, single, tagged } from '../scopes.mjs';

/** A connective settled by one side: `and` by false, `or` by true (DMN 10.3.2.12). */
export const connective = (settling) => (node, args) => connected(settling, args[0], args[2]);

const connected = (settling, leftSide, rightSide) =>
  Object.assign(
    (scope) => {
      const left = single(leftSide(scope));
      if (left === settling) {
        return settling;
      }
      const right = single(rightSide(scope));
      if (right === settling) {
        return settling;
      }
      return left === !settling && right === !settling ? !settling : null;
    },
    { type: 'test', parts: { settling, leftSide, rightSide } },
  );

/** An expression in brackets is one thing: nothing that stands before it reaches into it. */
export const parenthesized = (node, [, inner]) => {
  if (!inner.parts) {
    return inner;
  }
  return tagged((scope) => inner(scope), inner.type);
};

export function comparison(node, args) {
  const operator = args[1];
  if (operator === 'in') {
    return membership(args[0], args[3] ?? args[2]);
  }
  if (operator === 'between') {
    return tagged((scope) => {
      const value = args[0](scope);
      return both(compare(value, '>=', args[2](scope)), compare(value, '<=', args[4](scope)));
    }, 'test');
  }
  return tagged((scope) => compare(args[0](scope), operator.operator, args[2](scope)), 'test');
}

/**
 * `a in b and c` is `(a in b) and c` (comparison binds tighter than the connectives, DMN 10.3.1.2), but the parser
 * takes `b and c` for the test: it is put right here.
 */
function membership(value, tests) {
  if (tests.parts) {
    const { settling, leftSide, rightSide } = tests.parts;
    return connected(settling, membership(value, leftSide), rightSide);
  }
  return tagged((scope) => {
    const given = value(scope);
    const inner = child(scope);
    inner['?'] = given;
    return isIn(given, tests(inner));
  }, 'test');
}

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

/** The outcome of a unary test that says yes or no itself, such as `? > 5` or `contains(?, "a")`. */
export class Verdict {
  constructor(value) {
    this.value = value;
  }
}

export function positiveUnaryTest(node, args) {
  const [test] = args;
  const says = test.type === 'test' || /\?/.test(node.input);
  const read = (scope) => {
    const value = test(scope);
    const decides =
      typeof value === 'boolean' && (says || (typeof scope['?'] !== 'boolean' && !('constantValue' in test)));
    return decides ? new Verdict(value) : value;
  };
  return Object.assign(read, { parts: test.parts });
}

export function unaryTests(node, args) {
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

export function positiveUnaryTests(node, args) {
  return (scope) =>
    Object.assign(
      args.map((test) => test(scope)),
      { verdicts: true },
    );
}

export function interval(node, args) {
  const [opening, start, , end, closing] = args;
  return tagged((scope) => range(start(scope), end(scope), opening === '[', closing === ']'), 'test');
}

export function unaryComparison(node, args) {
  if (args.length === 1) {
    return args[0];
  }
  return comparisonTest(args[0].operator, args[1]);
}

function comparisonTest(operator, read) {
  const test = tagged((scope) => {
    const operand = read(scope);
    if (operator === '=' || operator === '!=') {
      return new Test(operator, operand);
    }
    return operator.startsWith('<')
      ? range(null, operand, false, operator === '<=')
      : range(operand, null, operator === '>=', false);
  }, 'test');
  if (!read.parts) {
    return test;
  }
  const { settling, leftSide, rightSide } = read.parts;
  return Object.assign(test, { parts: { settling, leftSide: comparisonTest(operator, leftSide), rightSide } });
}
