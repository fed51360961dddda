/**
 * Years up to 999,999,999 (DMN 10.3.2.3.4). Temporal ends near the year 271,821; a date beyond is kept as its twin some
 * cycles of 400 years nearer, in which the calendar repeats day by day (146,097 days, which are whole weeks).
 */
import { FeelDate, FeelDateTime } from 'feelin';
import { Temporal } from 'temporal-polyfill';

const CYCLE_YEARS = 400;
export const CYCLE_DAYS = 146_097;
const CYCLE_MILLISECONDS = CYCLE_DAYS * 86_400_000;
const FURTHEST_YEAR = 999_999_999;
/** nearer years are Temporal's own; arithmetic on a twin stays far inside of what Temporal holds */
const NEAR_YEAR = 200_000;
const TWIN_YEAR = 2_000;

const farText = (text, cycles) =>
  text.replace(/^\d{4}/, (twin) => {
    const year = Number(twin) + cycles * CYCLE_YEARS;
    return `${year < 0 ? '-' : ''}${String(Math.abs(year)).padStart(4, '0')}`;
  });

const far = (Near) =>
  class extends Near {
    constructor(value, cycles, ...rest) {
      super(value, ...rest);
      this.iso = farText(this.iso, cycles);
      Object.defineProperty(this, 'cycles', { value: cycles, enumerable: false });
    }

    get year() {
      return this.value.year + this.cycles * CYCLE_YEARS;
    }
  };
const FarDate = far(FeelDate);
const FarDateTime = far(FeelDateTime);

/** How many cycles of 400 years a date or date and time lies behind its Temporal value. */
export const cyclesOf = (value) => value.cycles ?? 0;

/** The milliseconds that these cycles take, to be added to those of the Temporal value. */
export const millisecondsOf = (value) => cyclesOf(value) * CYCLE_MILLISECONDS;

/** Move a Temporal value that lies so many cycles behind to where it belongs; null beyond the last year. */
function placed(value, cycles, near, distant) {
  const year = value.year + cycles * CYCLE_YEARS;
  if (Math.abs(year) > FURTHEST_YEAR) {
    return null;
  }
  if (Math.abs(year) < NEAR_YEAR) {
    return near(cycles === 0 ? value : value.with({ year }));
  }
  const away = Math.floor((year - TWIN_YEAR) / CYCLE_YEARS);
  return distant(value.with({ year: year - away * CYCLE_YEARS }), away);
}

/** A FEEL date of a Temporal.PlainDate that lies so many cycles behind. */
export const dateAt = (value, cycles = 0) =>
  placed(
    value,
    cycles,
    (near) => new FeelDate(near),
    (twin, away) => new FarDate(twin, away),
  );

/** A FEEL date and time of a Temporal.PlainDateTime that lies so many cycles behind. */
export const dateTimeAt = (value, zone, cycles = 0) =>
  placed(
    value,
    cycles,
    (near) => new FeelDateTime(near, zone),
    (twin, away) => new FarDateTime(twin, away, zone),
  );

/** A FEEL date of its parts, or null where there is no such day. */
export function dateOfParts(year, month, day) {
  const cycles = Math.abs(year) < NEAR_YEAR ? 0 : Math.floor((year - TWIN_YEAR) / CYCLE_YEARS);
  try {
    const twin = { year: year - cycles * CYCLE_YEARS, month, day };
    return dateAt(Temporal.PlainDate.from(twin, { overflow: 'reject' }), cycles);
  } catch {
    return null;
  }
}

/** Date and time of a day (a date or a date and time) and a clock, which is midnight where none is given. */
export const dateTimeOn = (day, clock, zone) =>
  dateTimeAt(
    day.value.toPlainDate ? day.value.toPlainDate().toPlainDateTime(clock) : day.value.toPlainDateTime(clock),
    zone,
    cyclesOf(day),
  );

/** The day of a date and time. */
export const dayOf = (dateTime) => dateAt(dateTime.value.toPlainDate(), cyclesOf(dateTime));
