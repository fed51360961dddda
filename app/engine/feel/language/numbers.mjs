/** Rounding, roots, powers, logarithms: functions of numbers (decimals.mjs), to 34 digits. */
import { absolute, compare, divide, make, multiply, partsOf, tenTo } from './decimals.mjs';

const MODES = {
  /** each gets quotient (not negative), the rest doubled against the divisor (-1, 0, 1), whether inexact, sign */
  floor: (q, half, inexact, negative) => (inexact && negative ? q + 1n : q),
  ceiling: (q, half, inexact, negative) => (inexact && !negative ? q + 1n : q),
  up: (q, half, inexact) => (inexact ? q + 1n : q),
  down: (q) => q,
  'half up': (q, half) => (half >= 0 ? q + 1n : q),
  'half down': (q, half) => (half > 0 ? q + 1n : q),
  'half even': (q, half) => (half > 0 || (half === 0 && q % 2n === 1n) ? q + 1n : q),
};

/** Round in decimal, not in binary: rounding 2.675 half up to two places gives 2.68. Null for a scale that is none. */
export function round(number, scale, mode) {
  if (!Number.isInteger(scale) || scale < -6111 || scale > 6176) {
    return null;
  }
  const { coefficient, exponent } = partsOf(number);
  if (-exponent <= scale) {
    return number;
  }
  const negative = coefficient < 0n;
  const digits = negative ? -coefficient : coefficient;
  const divisor = tenTo(-exponent - scale);
  const rest = digits % divisor;
  const doubled = rest * 2n;
  const half = doubled < divisor ? -1 : doubled > divisor ? 1 : 0;
  const quotient = digits / divisor;
  const rounded = rest === 0n ? quotient : MODES[mode](quotient, half, true, negative);
  return make(negative ? -rounded : rounded, -scale);
}

// -- what has no end of digits is computed in fixed point with more of them than are kept

const PLACES = 60;
const ONE = tenTo(PLACES);
const LN10 = BigInt('2302585092994045684017991454684364207601101488628772976033328');
/** e to the power of this is beyond every decimal128 */
const FURTHEST_EXPONENT = 15_000;
const HALVINGS = 8;

function fixed(number) {
  const { coefficient, exponent } = partsOf(number);
  const shift = PLACES + exponent;
  return shift >= 0 ? coefficient * tenTo(shift) : coefficient / tenTo(-shift);
}

/** e ** x in fixed point, for 0 <= x < 3. */
function expFixed(x) {
  const step = x >> BigInt(HALVINGS);
  let term = ONE;
  let total = ONE;
  for (let turn = 1n; term !== 0n; turn += 1n) {
    term = (term * step) / ONE / turn;
    total += term;
  }
  for (let turn = 0; turn < HALVINGS; turn += 1) {
    total = (total * total) / ONE;
  }
  return total;
}

/** e ** x for x in fixed point. */
function expOf(x) {
  let tens = x / LN10;
  let rest = x - tens * LN10;
  if (rest < 0n) {
    tens -= 1n;
    rest += LN10;
  }
  return make(expFixed(rest), Number(tens) - PLACES);
}

/** e ** number; null beyond what a number holds. */
export function exp(number) {
  if (compare(absolute(number), FURTHEST_EXPONENT) > 0) {
    return compare(number, 0) < 0 ? 0 : null;
  }
  return number === 0 ? 1 : expOf(fixed(number));
}

/** The natural logarithm in fixed point, of a positive number. */
function lnFixed(number) {
  const { coefficient, exponent } = partsOf(number);
  const length = coefficient.toString().length;
  const m = coefficient * tenTo(PLACES + 1 - length);
  // 1 <= m < 10: the double's logarithm is right to 15 digits, each of Halley's steps makes three times as many
  let y = fixed(Math.max(0, Math.log(Number(m) / Number(ONE))));
  for (let turn = 0; turn < 2; turn += 1) {
    const e = expFixed(y);
    y += (2n * ONE * (m - e)) / (m + e);
  }
  return y + BigInt(exponent + length - 1) * LN10;
}

/** The natural logarithm; null where there is none. */
export const ln = (number) => (compare(number, 0) <= 0 ? null : make(lnFixed(number), -PLACES));

/** The square root; null of a negative number. */
export function squareRoot(number) {
  if (number === null || compare(number, 0) < 0) {
    return null;
  }
  const root = Math.sqrt(number);
  if (Number.isInteger(root) && Number.isSafeInteger(number) && root * root === number) {
    return root;
  }
  const { coefficient, exponent } = partsOf(number);
  const shift = 80 + ((exponent % 2) + 2) % 2;
  const square = coefficient * tenTo(shift);
  const found = integerRoot(square);
  const place = (exponent - shift) / 2;
  // as in a division: one more digit stands for what is behind it
  return found * found === square ? make(found, place) : make(found * 10n + 1n, place - 1);
}

function integerRoot(square) {
  let root = 1n << BigInt(Math.ceil(square.toString(2).length / 2));
  for (;;) {
    const next = (root + square / root) >> 1n;
    if (next >= root) {
      return root;
    }
    root = next;
  }
}

const MOST_STEPS = 999_999_999;

/** base ** exponent; null where there is none. */
export function power(base, exponent) {
  if (base === 0) {
    return compare(exponent, 0) < 0 ? null : exponent === 0 ? 1 : 0;
  }
  if (Number.isInteger(exponent) && Math.abs(exponent) <= MOST_STEPS) {
    const raised = wholePower(base, Math.abs(exponent));
    return exponent >= 0 ? raised : raised === null ? 0 : raised === 0 ? null : divide(1, raised);
  }
  if (compare(base, 0) < 0) {
    return null;
  }
  const x = (lnFixed(base) * fixed(exponent)) / ONE;
  return (x < 0n ? -x : x) > BigInt(FURTHEST_EXPONENT) * ONE ? (x < 0n ? 0 : null) : expOf(x);
}

function wholePower(base, steps) {
  let result = 1;
  let factor = base;
  for (let left = steps; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) {
      result = multiply(result, factor);
    }
    if (result === null || factor === null) {
      return null;
    }
    factor = left > 1 ? multiply(factor, factor) : factor;
  }
  return result;
}
