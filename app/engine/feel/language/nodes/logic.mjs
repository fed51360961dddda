/** Three-valued logic, comparisons, unary tests (DMN 10.3.2.12, 10.3.2.13, 7.3.3). */
import { FeelRange } from 'feelin';
import { Test, anyMeets, both, compare, meets, range } from '../compare.mjs';
import { child, single, tagged } from '../scopes.mjs';

/** A connective settled by one side: `and` by false, `or` by true (DMN 10.3.2.12). */
export const connective = (settling) => (node, args) =>
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

export function comparison(node, args) {
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
  return (scope) => {
    const value = test(scope);
    const decides =
      typeof value === 'boolean' && (says || (typeof scope['?'] !== 'boolean' && !('constantValue' in test)));
    return decides ? new Verdict(value) : value;
  };
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
