/**
 * Numbers are doubles. DMN asks for decimals: where a double's result is a short decimal with a tail of binary dust
 * (0.1 + 0.2), the dust is taken off, so that 0.1 + 0.2 = 0.3 holds.
 */

/** Take the dust off: only where 15 digits collapse into at most 13, so 1/3 stays what it is. */
export function tidy(number) {
  if (Number.isInteger(number)) {
    return number === 0 ? 0 : number;
  }
  if (!Number.isFinite(number)) {
    return null;
  }
  if (String(number).length < 17) {
    return number;
  }
  const rounded = number.toPrecision(15);
  const digits = rounded
    .replace(/e.*$/, '')
    .replace(/^-?[0.]*/, '')
    .replace('.', '')
    .replace(/0+$/, '');
  return digits.length <= 13 ? Number(rounded) : number;
}

const MOST_PLACES = 15;

/** Count the digits that the number has after its decimal point. */
function decimalPlaces(number) {
  const [mantissa, exponent = '0'] = String(number).split('e');
  return Math.max(0, (mantissa.split('.')[1] ?? '').length - Number(exponent));
}

/**
 * Add two numbers. A sum has no more decimal places than its parts: to that many the result is rounded, so that cents
 * add up where large amounts nearly cancel each other (9895684.99 - 9999996.35) and dust reaches into the first 13 digits.
 */
export function addNumbers(left, right) {
  const total = left + right;
  const places = Math.max(decimalPlaces(left), decimalPlaces(right));
  return places > 0 && places <= MOST_PLACES && Number.isFinite(total) ? Number(total.toFixed(places)) + 0 : tidy(total);
}

/** Split a number into an integer and a power of ten, exactly as it is written in decimal. */
function decimalParts(number) {
  const [mantissa, exponent = '0'] = String(Math.abs(number)).split('e');
  const [whole, fraction = ''] = mantissa.split('.');
  return { digits: BigInt(whole + fraction), scale: fraction.length - Number(exponent) };
}

const MODES = {
  /** each gets quotient (not negative), remainder doubled against divisor (-1, 0, 1), whether inexact, sign */
  floor: (q, half, inexact, negative) => (inexact && negative ? q + 1n : q),
  ceiling: (q, half, inexact, negative) => (inexact && !negative ? q + 1n : q),
  up: (q, half, inexact) => (inexact ? q + 1n : q),
  down: (q) => q,
  'half up': (q, half) => (half >= 0 ? q + 1n : q),
  'half down': (q, half) => (half > 0 ? q + 1n : q),
  'half even': (q, half) => (half > 0 || (half === 0 && q % 2n === 1n) ? q + 1n : q),
};

/** Round in decimal, not in binary: rounding 2.675 half up to two places gives 2.68. */
export function round(number, scale, mode) {
  if (!Number.isInteger(scale) || scale < -6111 || scale > 6176) {
    return null;
  }
  const parts = decimalParts(number);
  if (parts.scale <= scale) {
    return number;
  }
  const shift = parts.scale - scale;
  const divisor = 10n ** BigInt(shift);
  const quotient = parts.digits / divisor;
  const rest = parts.digits % divisor;
  const doubled = rest * 2n;
  const half = doubled < divisor ? -1 : doubled > divisor ? 1 : 0;
  const inexact = rest !== 0n;
  const rounded = inexact ? MODES[mode](quotient, half, inexact, number < 0) : quotient;
  const result = Number(`${number < 0 ? '-' : ''}${rounded}e${-scale}`);
  return Number.isFinite(result) ? (result === 0 ? 0 : result) : null;
}

export function sum(list) {
  return list.reduce((total, item) => addNumbers(total, item), 0);
}
