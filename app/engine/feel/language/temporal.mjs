/** Temporal values: strict reading of ISO texts, our one implicit zone, arithmetic of DMN 10.3.2.3. */
import {
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

import { divide, make, multiply, wholeOf } from './decimals.mjs';
import { CYCLE_DAYS, cyclesOf, dateAt, dateOfParts, dateTimeAt, dateTimeOn, dayOf, millisecondsOf } from './far_years.mjs';
import { round } from './numbers.mjs';
import { FeelError } from './state.mjs';

/** Date and time values without a zone are meant in this one (XPath's implicit time zone, DMN 10.3.2.3.5). */
export const IMPLICIT_ZONE = 'Europe/Helsinki';
const DATE = /^(-?)(\d{4}|[1-9]\d{4,8})-(\d{2})-(\d{2})$/;
const CLOCK = /^(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9})\d*)?$/;
const DAYS_TIME = /^-?P(?=\d|T\d)(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?$/;
const YEARS_MONTHS = /^(-?)P(?=\d)(?:(\d+)Y)?(?:(\d+)M)?$/;
const ZONE_NAME = /^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*$/;
const OFFSET = /^[+-](?:0\d|1[0-8]):[0-5]\d(?::[0-5]\d)?$/;

/** Write years as FEEL does: no plus sign, no padding to six digits. */
export function calendarText(text) {
  return text.replace(/^([+-])0*(\d{4,})-/, (_, sign, year) => `${sign === '-' ? '-' : ''}${year}-`);
}

export function readDate(text) {
  const match = DATE.exec(text);
  return match && dateOfParts(Number(match[2]) * (match[1] ? -1 : 1), Number(match[3]), Number(match[4]));
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

export function readTime(text) {
  const { value, zone } = splitZone(text);
  const clock = zoneAllowed(zone) && !text.endsWith('z') ? plainTime(value) : null;
  return clock && new FeelTime(clock, zone);
}

export function readDateTime(text) {
  const at = text.indexOf('T');
  if (at < 0) {
    const day = readDate(text);
    return day && dateTimeOn(day, undefined, null);
  }
  const clock = readTime(text.slice(at + 1));
  const day = clock && readDate(text.slice(0, at));
  return day && dateTimeOn(day, clock.value, clock.zone);
}

export function readDuration(text) {
  const months = YEARS_MONTHS.exec(text);
  if (months) {
    return ofMonths((Number(months[2] ?? 0) * 12 + Number(months[3] ?? 0)) * (months[1] ? -1 : 1));
  }
  if (!DAYS_TIME.test(text)) {
    return null;
  }
  try {
    // more than nine digits of a second are no data
    return new FeelDuration(Temporal.Duration.from(text.replace(/(\.\d{9})\d+S/, '$1S')), false);
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
  const near = isZoned(dateTime) ? dateTime : new FeelDateTime(dateTime.value, zone);
  return toComparable(near) + millisecondsOf(dateTime);
}

/** What a clock shows below a millisecond, in nanoseconds. */
export const belowMillisecond = ({ value }) => value.microsecond * 1_000 + value.nanosecond;

/** The distance of two clocks or moments whose milliseconds are known, in nanoseconds. */
const distance = (left, right, milliseconds) =>
  BigInt(milliseconds) * 1_000_000n + BigInt(belowMillisecond(left) - belowMillisecond(right));

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

/** A duration multiplied by a number: months are cut towards zero, other durations rounded to nanoseconds. */
export const scaleDuration = (duration, number) => computed(duration, (amount) => multiply(amount, number));

/** A duration divided by a number that is not 0, cut and rounded in the same way. */
export const divideDuration = (duration, number) => computed(duration, (amount) => divide(amount, number));

function computed(duration, compute) {
  const amount = duration.yearsMonths ? monthsOf(duration) : make(nanosecondsOf(duration), 0);
  const result = compute(amount);
  if (result === null) {
    return null;
  }
  return duration.yearsMonths ? ofMonths(Number(round(result, 0, 'down'))) : ofNanoseconds(wholeOf(round(result, 0, 'half even')));
}

export function divideDurations(left, right) {
  if (left.yearsMonths !== right.yearsMonths) {
    return null;
  }
  return left.yearsMonths
    ? divide(monthsOf(left), monthsOf(right))
    : divide(make(nanosecondsOf(left), 0), make(nanosecondsOf(right), 0));
}

/** Date, time or date and time plus (sign 1) or minus (sign -1) a duration. Out of the calendar: null. */
export function shift(temporal, duration, sign) {
  try {
    if (isDate(temporal) && !duration.yearsMonths) {
      // DMN 10.3.2.3.7: a date is its midnight, and the result is the date again
      const moved = shift(dateTimeOn(temporal, undefined, null), duration, sign);
      return moved && dayOf(moved);
    }
    if (isTime(temporal) && duration.yearsMonths) {
      return null;
    }
    const moved = addDuration(temporal, duration, sign);
    if (isTime(moved)) {
      return moved;
    }
    return isDate(moved)
      ? dateAt(moved.value, cyclesOf(temporal))
      : dateTimeAt(moved.value, moved.zone, cyclesOf(temporal));
  } catch (error) {
    if (error instanceof RangeError) {
      return null;
    }
    throw error;
  }
}

/**
 * The days and time duration between two moments of the same kind; a date counts as its midnight in UTC, beside a moment
 * without a zone as the midnight there.
 */
export function between(left, right) {
  if (isTime(left) !== isTime(right)) {
    return null;
  }
  if (isTime(left)) {
    return isZoned(left) === isZoned(right)
      ? ofNanoseconds(distance(left, right, toComparable(left) - toComparable(right)))
      : null;
  }
  const zoned = isZoned(left) || isZoned(right);
  const zones = [left, right].map((side) => (isDate(side) ? (zoned ? 'UTC' : null) : side.zone));
  const moments = [left, right].map((side) => (isDate(side) ? dateTimeOn(side, undefined, null) : side));
  if (zones[0] === null && zones[1] === null) {
    const days = BigInt((cyclesOf(left) - cyclesOf(right)) * CYCLE_DAYS);
    const near = moments[0].value.since(moments[1].value, { largestUnit: 'day' });
    return ofNanoseconds(nanosecondsIn(near) + days * NANOSECONDS_A_DAY);
  }
  const [start, end] = moments.map((moment, at) => instant(moment, zones[at] ?? IMPLICIT_ZONE));
  return ofNanoseconds(distance(...moments, start - end));
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
  const [start, end] = [from, to].map((side) => (isDate(side) ? side.value : side.value.toPlainDate()));
  if (cyclesOf(from) === cyclesOf(to)) {
    const { years, months } = start.until(end, { largestUnit: 'year' });
    return ofMonths(years * 12 + months);
  }
  const months = (to.year - from.year) * 12 + end.month - start.month;
  const unfinished = months > 0 ? end.day < start.day : end.day > start.day;
  return ofMonths(unfinished ? months - Math.sign(months) : months);
}

/** The injected moment, `{ text: "2026-03-29T01:30:00", zone: "Europe/Helsinki" }`, as a FEEL value. */
export function moment(text, zone) {
  const value = readDateTime(text);
  if (!value) {
    throw new FeelError('feel_value', 'the injected moment is no date and time');
  }
  return new FeelDateTime(value.value, zone);
}
