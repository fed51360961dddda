/** Functions of ranges (DMN 10.3.4.7). */
import { builtins } from 'feelin';

import { order, range } from '../compare.mjs';
import { fromText } from '../decimals.mjs';
import { stringLiteral } from '../text.mjs';
import { define, isNull, isRange, single } from './declare.mjs';

/** Position of two ends, or null where one is open or they are of different kinds. */
const ends = (left, right) => order(left, right);
const start = (value) => value.start;
const end = (value) => value.end;
const startIn = (value) => value['start included'];
const endIn = (value) => value['end included'];

/** Choose the rule by the arguments' shapes (p: point, r: range); an unknown position makes the result null. */
function relation(name, rules) {
  define(name, ['first:point', 'second:point'], (first, second) => {
    const sides = [single(first), single(second)];
    const rule = rules[sides.map((side) => (isRange(side) ? 'r' : 'p')).join('')];
    if (!rule) {
      return undefined;
    }
    const result = rule(...sides);
    return result === null ? undefined : result;
  });
  builtins[name].signatures = Object.keys(rules).map((shapes) => NAMES[shapes]);
}

/** Names of the parameters (DMN 10.3.4.7), which differ with what they are. */
const NAMES = { pp: ['point1', 'point2'], pr: ['point', 'range'], rp: ['range', 'point'], rr: ['range1', 'range2'] };

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

relation('before', beforeRules);
relation('after', {
  pp: swap(beforeRules.pp),
  pr: swap(beforeRules.rp),
  rp: swap(beforeRules.pr),
  rr: swap(beforeRules.rr),
});
relation('meets', { rr: meetsRule });
relation('met by', { rr: swap(meetsRule) });
relation('overlaps', {
  rr: (r, s) =>
    with2(
      ends(end(r), start(s)),
      ends(start(r), end(s)),
      (after, before) =>
        (after > 0 || (after === 0 && endIn(r) && startIn(s))) &&
        (before < 0 || (before === 0 && startIn(r) && endIn(s))),
    ),
});
relation('overlaps before', { rr: overlapsBefore });
relation('overlaps after', { rr: swap(overlapsBefore) });
relation('finishes', finishesRules);
relation('finished by', { rp: swap(finishesRules.pr), rr: swap(finishesRules.rr) });
relation('includes', includesRules);
relation('during', { pr: swap(includesRules.rp), rr: swap(includesRules.rr) });
relation('starts', startsRules);
relation('started by', { rp: swap(startsRules.pr), rr: swap(startsRules.rr) });
relation('coincides', {
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
    return fromText(text);
  }
  if (/^"(?:[^"\\]|\\.)*"$/.test(text)) {
    return stringLiteral(text);
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
