/** Temporal values: strict reading of ISO texts, our one implicit zone, arithmetic of DMN 10.3.2.3. */
import {
  FeelDate,
  FeelDateTime,
  FeelDuration,
  FeelTime,
  addDuration,
  isDate,
  isTime,
  isValidZone,
  isZoned,
  splitZone,
  toComparable,
} from 'feelin';
import { Temporal } from 'temporal-polyfill';

import { FeelError } from './state.mjs';

/** Date and time values without a zone are meant in this one (XPath's implicit time zone, DMN 10.3.2.3.5). */
export const IMPLICIT_ZONE = 'Europe/Helsinki';
const DATE = /^(-?)(\d{4}|[1-9]\d{4,8})-(\d{2})-(\d{2})$/;
const CLOCK = /^(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9})\d*)?$/;
const DAYS_TIME = /^-?P(?=\d|T\d)(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?$/;
const YEARS_MONTHS = /^-?P(?=\d)(?:\d+Y)?(?:\d+M)?$/;
const ZONE_NAME = /^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*$/;
const OFFSET = /^[+-](?:0\d|1[0-8]):[0-5]\d(?::[0-5]\d)?$/;

/** Write years as FEEL does: no plus sign, no padding to six digits. */
export function calendarText(text) {
  return text.replace(/^([+-])0*(\d{4,})-/, (_, sign, year) => `${sign === '-' ? '-' : ''}${year}-`);
}

function plainDate(text) {
  const match = DATE.exec(text);
  if (!match) {
    return null;
  }
  const year = Number(match[2]) * (match[1] ? -1 : 1);
  try {
    return Temporal.PlainDate.from({ year, month: Number(match[3]), day: Number(match[4]) }, { overflow: 'reject' });
  } catch {
    return null;
  }
}

function plainTime(text) {
  const match = CLOCK.exec(text);
  if (!match) {
    return null;
  }
  const fraction = (match[4] ?? '').padEnd(9, '0');
  try {
    return Temporal.PlainTime.from(
      {
        hour: Number(match[1]),
        minute: Number(match[2]),
        second: Number(match[3]),
        millisecond: Number(fraction.slice(0, 3)),
        microsecond: Number(fraction.slice(3, 6)),
        nanosecond: Number(fraction.slice(6)),
      },
      { overflow: 'reject' },
    );
  } catch {
    return null;
  }
}

function zoneAllowed(zone) {
  return zone === null || zone === 'UTC' || ((OFFSET.test(zone) || ZONE_NAME.test(zone)) && isValidZone(zone));
}

export function readDate(text) {
  const value = plainDate(text);
  return value && new FeelDate(value);
}

export function readTime(text) {
  const { value, zone } = splitZone(text);
  const clock = zoneAllowed(zone) ? plainTime(value) : null;
  return clock && new FeelTime(clock, zone);
}

export function readDateTime(text) {
  const at = text.indexOf('T');
  if (at < 0) {
    const day = plainDate(text);
    return day && new FeelDateTime(day.toPlainDateTime(), null);
  }
  const { value, zone } = splitZone(text.slice(at + 1));
  const day = plainDate(text.slice(0, at));
  const clock = day && zoneAllowed(zone) ? plainTime(value) : null;
  return clock && new FeelDateTime(day.toPlainDateTime(clock), zone);
}

export function readDuration(text) {
  const yearsMonths = YEARS_MONTHS.test(text);
  if (!yearsMonths && !DAYS_TIME.test(text)) {
    return null;
  }
  try {
    // more than nine digits of a second are no data
    return new FeelDuration(Temporal.Duration.from(text.replace(/(\.\d{9})\d+S/, '$1S')), yearsMonths);
  } catch {
    return null;
  }
}

/** Read the text of an @ literal. */
export function readAny(text) {
  if (/^-?P/.test(text)) {
    return readDuration(text);
  }
  if (/^\d\d:/.test(text)) {
    return readTime(text);
  }
  return text.includes('T') ? readDateTime(text) : readDate(text);
}

/** A zoned value's moment in milliseconds; one without zone is read in `zone`. */
export function instant(dateTime, zone = IMPLICIT_ZONE) {
  return isZoned(dateTime) ? toComparable(dateTime) : toComparable(new FeelDateTime(dateTime.value, zone));
}

const monthsIn = (value) => value.years * 12 + value.months;
export const monthsOf = (duration) => monthsIn(duration.value);

const UNITS = [
  ['hours', 3_600_000_000_000n],
  ['minutes', 60_000_000_000n],
  ['seconds', 1_000_000_000n],
  ['milliseconds', 1_000_000n],
  ['microseconds', 1_000n],
  ['nanoseconds', 1n],
];
const NANOSECONDS_A_DAY = 86_400_000_000_000n;

function nanosecondsIn(value) {
  return UNITS.reduce(
    (total, [unit, length]) => total + BigInt(value[unit]) * length,
    BigInt(value.days) * NANOSECONDS_A_DAY,
  );
}

/** A days and time duration in nanoseconds, exactly. */
export const nanosecondsOf = (duration) => nanosecondsIn(duration.value);

function balancedDays(nanoseconds) {
  const parts = { days: Number(nanoseconds / NANOSECONDS_A_DAY) };
  let rest = nanoseconds % NANOSECONDS_A_DAY;
  for (const [unit, length] of UNITS) {
    parts[unit] = Number(rest / length);
    rest %= length;
  }
  return Temporal.Duration.from(parts);
}

const balancedMonths = (months) => Temporal.Duration.from({ years: Math.trunc(months / 12), months: months % 12 });

/** Balance a duration: months into years and months, everything else into days and parts of a day of 24 hours. */
export function balance(value) {
  const months = monthsIn(value);
  return months === 0
    ? balancedDays(nanosecondsIn(value) + BigInt(value.weeks) * 7n * NANOSECONDS_A_DAY)
    : balancedMonths(months);
}

/** A duration of so many months; null beyond what a duration can hold. */
export function ofMonths(months) {
  return Number.isSafeInteger(months) && Math.abs(months) < 5e10
    ? new FeelDuration(balancedMonths(months), true)
    : null;
}

/** A duration of so many nanoseconds; null beyond what a duration can hold. */
export function ofNanoseconds(total) {
  const days = total / NANOSECONDS_A_DAY;
  return days > 100_000_000_000n || days < -100_000_000_000n ? null : new FeelDuration(balancedDays(total), false);
}

export function scaleDuration(duration, factor) {
  if (!Number.isFinite(factor)) {
    return null;
  }
  if (duration.yearsMonths) {
    return ofMonths(Math.trunc(monthsOf(duration) * factor));
  }
  const total = nanosecondsOf(duration);
  if (Number.isInteger(factor)) {
    return ofNanoseconds(total * BigInt(factor));
  }
  const seconds = (Number(total) / 1e9) * factor;
  return Math.abs(seconds) < 1e13 ? ofNanoseconds(BigInt(Math.round(seconds * 1e3)) * 1_000_000n) : null;
}

export function divideDurations(left, right) {
  if (left.yearsMonths !== right.yearsMonths) {
    return null;
  }
  const divisor = left.yearsMonths ? monthsOf(right) : Number(nanosecondsOf(right));
  return divisor === 0 ? null : (left.yearsMonths ? monthsOf(left) : Number(nanosecondsOf(left))) / divisor;
}

/** Date, time or date and time plus (sign 1) or minus (sign -1) a duration. Out of the calendar: null. */
export function shift(temporal, duration, sign) {
  try {
    if (isDate(temporal) && !duration.yearsMonths) {
      // DMN 10.3.2.3.7: a date is its midnight, and the result is the date again
      const moved = addDuration(new FeelDateTime(temporal.value.toPlainDateTime(), null), duration, sign);
      return new FeelDate(moved.value.toPlainDate());
    }
    if (isTime(temporal) && duration.yearsMonths) {
      return null;
    }
    return addDuration(temporal, duration, sign);
  } catch (error) {
    if (error instanceof RangeError) {
      return null;
    }
    throw error;
  }
}

/** The days and time duration between two moments of the same kind; a date counts as its midnight in UTC. */
export function between(left, right) {
  if (isTime(left) !== isTime(right)) {
    return null;
  }
  if (isTime(left)) {
    return isZoned(left) === isZoned(right)
      ? ofNanoseconds(BigInt(toComparable(left) - toComparable(right)) * 1_000_000n)
      : null;
  }
  const zones = [left, right].map((side) => (isDate(side) ? 'UTC' : side.zone));
  const moments = [left, right].map((side) =>
    isDate(side) ? new FeelDateTime(side.value.toPlainDateTime(), null) : side,
  );
  if (isDate(left) && isDate(right)) {
    return new FeelDuration(moments[0].value.since(moments[1].value, { largestUnit: 'day' }), false);
  }
  if (zones[0] === null && zones[1] === null) {
    return new FeelDuration(moments[0].value.since(moments[1].value, { largestUnit: 'day' }), false);
  }
  const [start, end] = moments.map((moment, at) => BigInt(instant(moment, zones[at] ?? IMPLICIT_ZONE)));
  return ofNanoseconds((start - end) * 1_000_000n);
}

/** The sum (sign 1) or difference (sign -1) of two durations of the same kind. */
export function addBoth(left, right, sign) {
  if (left.yearsMonths !== right.yearsMonths) {
    return null;
  }
  return left.yearsMonths
    ? ofMonths(monthsOf(left) + sign * monthsOf(right))
    : ofNanoseconds(nanosecondsOf(left) + BigInt(sign) * nanosecondsOf(right));
}

/** Whole months between the days of two dates, towards zero (DMN 10.3.4.1). */
export function monthsBetween(from, to) {
  const plain = (side) => (isDate(side) ? side.value : side.value.toPlainDate());
  const { years, months } = plain(from).until(plain(to), { largestUnit: 'year' });
  return ofMonths(years * 12 + months);
}

/** The injected moment, `{ text: "2026-03-29T01:30:00", zone: "Europe/Helsinki" }`, as a FEEL value. */
export function moment(text, zone) {
  const value = readDateTime(text);
  if (!value) {
    throw new FeelError('feel_value', 'the injected moment is no date and time');
  }
  return new FeelDateTime(value.value, zone);
}
