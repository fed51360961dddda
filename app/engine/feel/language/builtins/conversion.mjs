/** Conversion functions (DMN 10.3.4.1) and the injected moment. */
import {
  FeelTime,
  isDate,
  isDateTime,
  isDuration,
  isTime,
  isValidZone,
  timeFrom,
  timeOf,
} from 'feelin';
import { Temporal } from 'temporal-polyfill';

import { fromText, isNumber } from '../decimals.mjs';
import { cyclesOf, dateOfParts, dateTimeAt, dateTimeOn, dayOf } from '../far_years.mjs';
import { state } from '../state.mjs';
import { monthsBetween, readAny, readDate, readDateTime, readDuration, readTime } from '../temporal.mjs';
import { textOf } from '../text.mjs';
import { define, isNull, single, whole } from './declare.mjs';

const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,4})?$/;

define('number', ['from:string', 'grouping separator??:string', 'decimal separator??:string'], (
  from,
  grouping,
  decimal,
) => {
  if ((grouping && ![' ', ',', '.'].includes(grouping)) || (decimal && ![',', '.'].includes(decimal))) {
    return undefined;
  }
  if (grouping === '' || decimal === '' || (grouping && grouping === decimal)) {
    return undefined;
  }
  const plain = (grouping ? from.split(grouping).join('') : from).replace(decimal ?? '.', '.');
  if (decimal === ',' && from.includes('.') && grouping !== '.') {
    return undefined;
  }
  return NUMBER.test(plain) ? (fromText(plain) ?? undefined) : undefined;
});

define('string', ['from:any'], (from) => (isNull(from) ? null : (textOf(from) ?? undefined)));

const dateOfNumbers = (...parts) => (parts.every(whole) ? (dateOfParts(...parts) ?? undefined) : undefined);

function anyToDate(from) {
  if (typeof from === 'string') {
    return readDate(from) ?? undefined;
  }
  return isDate(from) ? from : isDateTime(from) ? dayOf(from) : undefined;
}

define('date', ['year?:any', 'month?:any', 'day?:any', 'from?:any'], (year, month, day, from) => {
  const first = single(from === undefined ? year : from);
  if (month === undefined && day === undefined) {
    return anyToDate(first);
  }
  return from === undefined ? dateOfNumbers(single(year), single(month), single(day)) : undefined;
});

function zoneOf(offset) {
  if (isNull(offset)) {
    return null;
  }
  if (typeof offset === 'string') {
    return isValidZone(offset) ? offset : undefined;
  }
  if (!isDuration(offset) || offset.yearsMonths) {
    return undefined;
  }
  const zone = timeFrom(0, 0, 0, offset)?.zone;
  return zone === '+00:00' ? 'UTC' : zone;
}

define('date and time', [
  'date?:any',
  'time?:any',
  'from?:any',
  'year?:any',
  'month?:any',
  'day?:any',
  'hour?:any',
  'minute?:any',
  'second?:any',
  'offset?:any',
  'timezone?:any',
], (date, time, ...rest) => {
  if (rest.slice(1).some((value) => value !== undefined)) {
    return dateTimeOfParts(date, time, rest);
  }
  const from = single(rest[0] === undefined ? date : rest[0]);
  const clock = single(time);
  if (clock === undefined) {
    return typeof from === 'string'
      ? (readDateTime(from) ?? undefined)
      : isDateTime(from)
        ? from
        : isDate(from)
          ? dateTimeOn(from, undefined, 'UTC')
          : undefined;
  }
  if (isDateTime(from) && typeof clock === 'string') {
    return inZone(from, clock);
  }
  return (isDate(from) || isDateTime(from)) && isTime(clock)
    ? dateTimeOn(from, clock.value, clock.zone)
    : undefined;
});

function inZone(dateTime, zone) {
  const target = zoneOf(zone);
  if (!target) {
    return undefined;
  }
  const moved =
    dateTime.zone === null
      ? dateTime.value.toZonedDateTime(target)
      : dateTime.value.toZonedDateTime(dateTime.zone).withTimeZone(target);
  return dateTimeAt(moved.toPlainDateTime(), target, cyclesOf(dateTime));
}

/** date and time(year, month, day, hour, minute, second [, offset or zone]), by position or by name. */
function dateTimeOfParts(first, second, [third, fourth, fifth, sixth, hour, minute, seconds, offset, zone]) {
  const byName = first === undefined && second === undefined && third === undefined;
  const [year, month, day, h, m, s, o] = byName
    ? [fourth, fifth, sixth, hour, minute, seconds, offset ?? zone]
    : [first, second, third, fourth, fifth, sixth, hour];
  const at = dateOfNumbers(single(year), single(month), single(day));
  const target = zoneOf(single(o));
  const clock = [h, m, s].every((part) => isNumber(single(part)))
    ? clockOf(single(h), single(m), single(s))
    : null;
  return at && clock && target !== undefined ? dateTimeOn(at, clock, target) : undefined;
}

function clockOf(hour, minute, second) {
  if (!whole(hour) || !whole(minute)) {
    return null;
  }
  const nanoseconds = Math.round((second - Math.trunc(second)) * 1e9);
  try {
    return Temporal.PlainTime.from(
      {
        hour,
        minute,
        second: Math.trunc(second),
        millisecond: Math.trunc(nanoseconds / 1e6),
        microsecond: Math.trunc(nanoseconds / 1e3) % 1000,
        nanosecond: nanoseconds % 1000,
      },
      { overflow: 'reject' },
    );
  } catch {
    return null;
  }
}

function anyToTime(from) {
  if (typeof from === 'string') {
    return readTime(from) ?? undefined;
  }
  if (isTime(from)) {
    return from;
  }
  return isDateTime(from) ? timeOf(from) : isDate(from) ? new FeelTime(new Temporal.PlainTime(), 'UTC') : undefined;
}

define('time', ['hour?:any', 'minute?:any', 'second?:any', 'offset??:any', 'from?:any'], (
  hour,
  minute,
  second,
  offset,
  from,
) => {
  if (minute === undefined && second === undefined) {
    return anyToTime(single(from === undefined ? hour : from));
  }
  const clock =
    from === undefined && [hour, minute, second].every((part) => isNumber(single(part)))
      ? clockOf(single(hour), single(minute), single(second))
      : null;
  const zone = zoneOf(single(offset));
  return clock && zone !== undefined ? new FeelTime(clock, zone) : undefined;
});

define('duration', ['from:any'], (from) =>
  typeof single(from) === 'string'
    ? (readDuration(single(from)) ?? undefined)
    : isDuration(single(from))
      ? single(from)
      : undefined);
define('@', ['string:string'], (text) => readAny(text) ?? undefined);
define('years and months duration', ['from:any', 'to:any'], (from, to) => {
  const sides = [single(from), single(to)];
  return sides.every((side) => isDate(side) || isDateTime(side)) ? (monthsBetween(...sides) ?? undefined) : undefined;
});

// -- the moment

define('now', [], () => state.now());
define('today', [], () => dayOf(state.now()));
