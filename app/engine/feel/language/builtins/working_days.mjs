/**
 * Finnish working days: Monday to Friday, no public holiday (Midsummer Eve and Christmas Eve are free days as well).
 *
 * `app/domain/calendar.py` holds the same rules for Python; a test compares both, day by day. A summer break is given as
 * a context of ISO weeks, `{firstWeek: 26, lastWeek: 31}` (the row `viite.kesatauko`): its days are no working days then.
 */
import { FeelDate, FeelDateTime, getType, isDate, isDateTime, isZoned } from 'feelin';
import { Temporal } from 'temporal-polyfill';

import { IMPLICIT_ZONE, instant } from '../temporal.mjs';
import { define, whole } from './declare.mjs';

/** a working day is never further away than the longest break; what looks further is a mistake in the weeks given */
const FURTHEST_DAYS = 400;
const MOST_WORKING_DAYS = 10_000;

const FIXED = new Set(['01-01', '01-06', '05-01', '12-06', '12-24', '12-25', '12-26']);
/** days from Easter Sunday: Good Friday, Easter, Easter Monday, Ascension Day, Pentecost */
const FROM_EASTER = new Set([-2, 0, 1, 39, 49]);

/** Easter Sunday by the Gregorian computus of Meeus, Jones and Butcher. */
function easter(year) {
  const a = year % 19;
  const b = Math.floor(year / 100);
  const c = year % 100;
  const d = Math.floor(b / 4);
  const e = b % 4;
  const g = Math.floor((8 * b + 13) / 25);
  const h = (19 * a + b - d - g + 15) % 30;
  const k = Math.floor(c / 4);
  const l = (32 + 2 * e + 2 * k - h - (c % 4)) % 7;
  const m = Math.floor((a + 11 * h + 19 * l) / 433);
  const month = Math.floor((h + l - 7 * m + 90) / 25);
  const day = (h + l - 7 * m + 33 * month + 19) % 32;
  return new Temporal.PlainDate(year, month, day);
}

function isHoliday(day) {
  const { dayOfWeek, month, day: number } = day;
  if (FIXED.has(day.toString().slice(-5))) {
    return true;
  }
  if (FROM_EASTER.has(easter(day.year).until(day, { largestUnit: 'day' }).days)) {
    return true;
  }
  // Midsummer Eve is the Friday of 19-25 June, All Saints' Day the Saturday from 31 October to 6 November
  if (month === 6) {
    return (dayOfWeek === 5 && number >= 19 && number <= 25) || (dayOfWeek === 6 && number >= 20 && number <= 26);
  }
  return dayOfWeek === 6 && ((month === 10 && number === 31) || (month === 11 && number <= 6));
}

/** Read the weeks of a break; null (not set) is no break, undefined no weeks at all. */
function weeksOf(value) {
  if (value === undefined || value === null) {
    return null;
  }
  const { firstWeek, lastWeek } = getType(value) === 'context' ? value : {};
  return [firstWeek, lastWeek].every((week) => whole(week) && week >= 1 && week <= 53)
    ? { firstWeek, lastWeek }
    : undefined;
}

/** Tell whether the day lies in the break; one from week 52 to week 1 goes over the turn of the year. */
function inBreak(day, weeks) {
  if (weeks === null) {
    return false;
  }
  const { firstWeek, lastWeek } = weeks;
  const [begun, notOver] = [day.weekOfYear >= firstWeek, day.weekOfYear <= lastWeek];
  return firstWeek <= lastWeek ? begun && notOver : begun || notOver;
}

const isWorking = (day, weeks) => day.dayOfWeek <= 5 && !isHoliday(day) && !inBreak(day, weeks);

/** The day in Finland of a date, or of a date and time. */
function dayOf(value) {
  if (isDate(value)) {
    return value.value;
  }
  if (!isZoned(value) || value.zone === IMPLICIT_ZONE) {
    return value.value.toPlainDate();
  }
  return Temporal.Instant.fromEpochMilliseconds(Number(instant(value))).toZonedDateTimeISO(IMPLICIT_ZONE).toPlainDate();
}

/** The value moved to the day: a date stays a date, a date and time keeps its clock. */
function onDay(value, day) {
  if (isDate(value)) {
    return new FeelDate(day);
  }
  return new FeelDateTime(day.toPlainDateTime(value.value.toPlainTime()), value.zone);
}

function step(day, direction, weeks) {
  for (let count = 0; count < FURTHEST_DAYS; count += 1) {
    day = day.add({ days: direction });
    if (isWorking(day, weeks)) {
      return day;
    }
  }
  return undefined;
}

/** Declare a function of a date (or date and time) whose last parameter may be a break. */
function defineOnDay(name, parameters, body) {
  define(name, ['date:point', ...parameters, 'break??:any'], (value, ...rest) => {
    const weeks = weeksOf(rest.at(-1));
    if (weeks === undefined || !(isDate(value) || isDateTime(value))) {
      return undefined;
    }
    try {
      return body(value, dayOf(value), weeks, ...rest.slice(0, -1));
    } catch (error) {
      if (error instanceof RangeError) {
        return undefined; // outside the calendar
      }
      throw error;
    }
  });
}

defineOnDay('is working day', [], (_value, day, weeks) => isWorking(day, weeks));
defineOnDay('next working day', [], (value, day, weeks) => {
  const found = isWorking(day, weeks) ? day : step(day, 1, weeks);
  return found && onDay(value, found);
});
defineOnDay('add working days', ['days:number'], (value, day, weeks, days) => {
  if (!whole(days) || Math.abs(days) > MOST_WORKING_DAYS) {
    return undefined;
  }
  for (let left = Math.abs(days); left > 0 && day; left -= 1) {
    day = step(day, Math.sign(days), weeks);
  }
  return day && onDay(value, day);
});
define('is public holiday', ['date:date'], (date) => isHoliday(date.value));
define('is holiday eve', ['date:date'], (date) => isHoliday(date.value.add({ days: 1 })));
define('is in break', ['date:date', 'break??:any'], (date, given) => {
  const weeks = weeksOf(given);
  return weeks === undefined ? undefined : inBreak(date.value, weeks);
});
