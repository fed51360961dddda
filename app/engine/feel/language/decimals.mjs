/**
 * Numbers of 34 significant digits (DMN 10.3.2.3.1: IEEE 754-2008 decimal128, rounded half to even).
 *
 * A number is a JavaScript double wherever the double's shortest decimal text is the number, else a Decimal. So each
 * number has exactly one form, doubles are equal by ===, and nearly all arithmetic stays on doubles: a result is taken
 * from them only where it is known to be the exact decimal one.
 */
const DIGITS = 34;
/** adjusted exponents of decimal128: beyond the first there is no number, below the second there is 0 */
const LARGEST = 6144;
const SMALLEST = -6176;
/** so many digits survive every way from text to double and back */
const SAFE_DIGITS = 15;
const SAFE_COEFFICIENT = 1e15;
const SAFE_EXPONENT = 290;
const POWERS = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/** coefficient * 10 ** exponent, where no double will do; the coefficient is a BigInt without trailing zeros. */
export class Decimal {
  constructor(coefficient, exponent) {
    this.coefficient = coefficient;
    this.exponent = exponent;
  }

  /** The nearest double, for what needs no more (positions, factors of durations). */
  valueOf() {
    return Number(`${this.coefficient}e${this.exponent}`);
  }

  toString() {
    return numberText(this);
  }
}

export const isNumber = (value) => typeof value === 'number' || value instanceof Decimal;

const TEXT = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

/** The number that a text of digits writes, rounded to 34 of them. */
export function fromText(text) {
  const [, sign, whole, fraction = '', exponent = '0'] = TEXT.exec(text);
  const digits = BigInt(whole + fraction || '0');
  return make(sign === '-' ? -digits : digits, Number(exponent) - fraction.length);
}

/** Coefficient and exponent of a number, as it is written in decimal. */
export function partsOf(number) {
  if (number instanceof Decimal) {
    return number;
  }
  if (Number.isSafeInteger(number)) {
    return { coefficient: BigInt(number), exponent: 0 };
  }
  const [, sign, whole, fraction = '', exponent = '0'] = TEXT.exec(String(number));
  const digits = BigInt(whole + fraction);
  return { coefficient: sign === '-' ? -digits : digits, exponent: Number(exponent) - fraction.length };
}

/** A whole number as BigInt. */
export const wholeOf = (number) => {
  const { coefficient, exponent } = partsOf(number);
  return coefficient * tenTo(Math.max(0, exponent));
};

const lengthOf = (coefficient) => coefficient.toString().length - (coefficient < 0n ? 1 : 0);
const BIG_POWERS = Array.from({ length: 128 }, (_, exponent) => 10n ** BigInt(exponent));
export const tenTo = (exponent) => BIG_POWERS[exponent] ?? 10n ** BigInt(exponent);
const magnitude = (coefficient) => (coefficient < 0n ? -coefficient : coefficient);

/** Divide rounding half to even. */
function halfEven(coefficient, divisor) {
  const quotient = coefficient / divisor;
  const twice = magnitude(coefficient % divisor) * 2n;
  const up = twice > divisor || (twice === divisor && quotient % 2n !== 0n);
  return up ? quotient + (coefficient < 0n ? -1n : 1n) : quotient;
}

/** coefficient * 10 ** exponent rounded to 34 digits, as a double or a Decimal; null beyond what decimal128 holds. */
export function make(coefficient, exponent) {
  const length = lengthOf(coefficient);
  if (exponent + length < SMALLEST) {
    return 0;
  }
  const excess = Math.max(length - DIGITS, SMALLEST - exponent);
  if (excess > 0) {
    return canonical(halfEven(coefficient, tenTo(excess)), exponent + excess);
  }
  // the common case of a quotient or root without end
  return length === DIGITS && coefficient % 10n !== 0n && exponent + length <= LARGEST
    ? new Decimal(coefficient, exponent)
    : canonical(coefficient, exponent);
}

function canonical(coefficient, exponent) {
  const digits = coefficient.toString();
  const stripped = digits.replace(/0+$/, '');
  if (stripped === '') {
    return 0;
  }
  const place = exponent + digits.length - stripped.length;
  const length = stripped.length - (stripped[0] === '-' ? 1 : 0);
  if (place + length - 1 > LARGEST) {
    return null;
  }
  if (length <= 17) {
    const double = Number(`${stripped}e${place}`);
    if ((length <= SAFE_DIGITS && Math.abs(place) < SAFE_EXPONENT) || isWritten(double, stripped, place)) {
      return double;
    }
  }
  return new Decimal(BigInt(stripped), place);
}

function isWritten(double, digits, exponent) {
  if (!Number.isFinite(double) || double === 0) {
    return false;
  }
  const parts = partsOf(double);
  const shift = parts.exponent - exponent;
  return shift >= 0
    ? parts.coefficient * tenTo(shift) === BigInt(digits)
    : parts.coefficient === BigInt(digits) * tenTo(-shift);
}

/**
 * The number of decimal places of a double with at most 15 digits, else -1. Without any text: the smallest power of ten
 * that makes it whole, checked by dividing back.
 */
function placesOf(double) {
  for (let places = 0; places <= SAFE_DIGITS; places += 1) {
    const whole = Math.round(double * POWERS[places]);
    if (whole >= SAFE_COEFFICIENT || whole <= -SAFE_COEFFICIENT) {
      return -1;
    }
    if (whole / POWERS[places] === double) {
      return places;
    }
  }
  return -1;
}

const short = (whole) => whole < SAFE_COEFFICIENT && whole > -SAFE_COEFFICIENT;

/** The sum. In all arithmetic here null, which stands for a number beyond the largest, gives null. */
export function add(left, right) {
  if (typeof left === 'number' && typeof right === 'number') {
    const total = left + right;
    if (Number.isSafeInteger(total) && Number.isInteger(left) && Number.isInteger(right)) {
      return total + 0;
    }
    const [a, b] = [placesOf(left), placesOf(right)];
    if (a >= 0 && b >= 0) {
      const places = Math.max(a, b);
      const x = Math.round(left * POWERS[a]) * POWERS[places - a];
      const y = Math.round(right * POWERS[b]) * POWERS[places - b];
      if (short(x) && short(y) && short(x + y)) {
        return (x + y) / POWERS[places] + 0;
      }
    }
  }
  if (left === null || right === null) {
    return null;
  }
  const [a, b] = [partsOf(left), partsOf(right)];
  const exponent = Math.min(a.exponent, b.exponent);
  return make(a.coefficient * tenTo(a.exponent - exponent) + b.coefficient * tenTo(b.exponent - exponent), exponent);
}

export function negate(number) {
  if (number === null || typeof number === 'number') {
    return number && 0 - number;
  }
  return new Decimal(-number.coefficient, number.exponent);
}

export const absolute = (number) => (compare(number, 0) < 0 ? negate(number) : number);

export const subtract = (left, right) => add(left, negate(right));

export function multiply(left, right) {
  if (typeof left === 'number' && typeof right === 'number') {
    const product = left * right;
    if (Number.isSafeInteger(product) && Number.isInteger(left) && Number.isInteger(right)) {
      return product + 0;
    }
    const [a, b] = [placesOf(left), placesOf(right)];
    if (a >= 0 && b >= 0 && a + b < POWERS.length) {
      const whole = Math.round(left * POWERS[a]) * Math.round(right * POWERS[b]);
      if (short(whole)) {
        return whole / POWERS[a + b] + 0;
      }
    }
  }
  if (left === null || right === null) {
    return null;
  }
  const [a, b] = [partsOf(left), partsOf(right)];
  return make(a.coefficient * b.coefficient, a.exponent + b.exponent);
}

/** The quotient; null for a division by zero. */
export function divide(left, right) {
  if (right === 0 || left === null || right === null) {
    return null;
  }
  if (typeof left === 'number' && typeof right === 'number') {
    const quotient = left / right;
    if (isExact(quotient, left, right)) {
      return quotient + 0;
    }
  }
  const [a, b] = [partsOf(left), partsOf(right)];
  const shift = Math.max(0, DIGITS + 2 + lengthOf(b.coefficient) - lengthOf(a.coefficient));
  const dividend = a.coefficient * tenTo(shift);
  const quotient = dividend / b.coefficient;
  const exponent = a.exponent - b.exponent - shift;
  if (dividend % b.coefficient === 0n) {
    return make(quotient, exponent);
  }
  // one more digit that stands for everything behind it, so that a half is known from more than a half
  const negative = a.coefficient < 0n !== b.coefficient < 0n;
  return make(quotient * 10n + (negative ? -1n : 1n), exponent - 1);
}

/** Whether a quotient of doubles is the exact one: multiplied back in whole numbers it gives the dividend. */
function isExact(quotient, left, right) {
  const [places, a, b] = [placesOf(quotient), placesOf(left), placesOf(right)];
  const shift = places + b - a;
  if (places < 0 || a < 0 || b < 0 || shift >= POWERS.length || -shift >= POWERS.length) {
    return false;
  }
  const back = Math.round(quotient * POWERS[places]) * Math.round(right * POWERS[b]) * (shift < 0 ? POWERS[-shift] : 1);
  const dividend = Math.round(left * POWERS[a]) * (shift > 0 ? POWERS[shift] : 1);
  return back === dividend && short(back);
}

/** The rest that has the divisor's sign (DMN 10.3.4.5), exactly; the divisor is not 0. */
export function modulo(dividend, divisor) {
  if (Number.isSafeInteger(dividend) && Number.isSafeInteger(divisor)) {
    const rest = dividend % divisor;
    return rest === 0 || rest < 0 === divisor < 0 ? rest + 0 : rest + divisor;
  }
  const [a, b] = [partsOf(dividend), partsOf(divisor)];
  const exponent = Math.min(a.exponent, b.exponent);
  const scale = b.coefficient * tenTo(b.exponent - exponent);
  const rest = (a.coefficient * tenTo(a.exponent - exponent)) % scale;
  return make(rest === 0n || rest < 0n === scale < 0n ? rest : rest + scale, exponent);
}

/** Negative, 0 or positive. */
export function compare(left, right) {
  if (typeof left === 'number' && typeof right === 'number') {
    return left - right;
  }
  const [x, y] = [Number(left), Number(right)];
  if (x !== y) {
    return x < y ? -1 : 1;
  }
  const [a, b] = [partsOf(left), partsOf(right)];
  const exponent = Math.min(a.exponent, b.exponent);
  const difference = a.coefficient * tenTo(a.exponent - exponent) - b.coefficient * tenTo(b.exponent - exponent);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

export const same = (left, right) =>
  left === right ||
  (left instanceof Decimal &&
    right instanceof Decimal &&
    left.exponent === right.exponent &&
    left.coefficient === right.coefficient);

export const sum = (list) => list.reduce(add, 0);

/** Written out in full, without an exponent: 0.00000001, 100000000000000000000. */
export function numberText(number) {
  if (Number.isSafeInteger(number)) {
    return String(number);
  }
  const { coefficient, exponent } = partsOf(number);
  const digits = magnitude(coefficient).toString();
  const sign = coefficient < 0n ? '-' : '';
  if (exponent >= 0) {
    return sign + digits + '0'.repeat(exponent);
  }
  const padded = digits.padStart(1 - exponent, '0');
  const fraction = padded.slice(exponent).replace(/0+$/, '');
  return `${sign}${padded.slice(0, exponent)}${fraction && `.${fraction}`}`;
}
