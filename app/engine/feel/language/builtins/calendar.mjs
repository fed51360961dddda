/** Functions of dates (DMN 10.3.4.8). */
import { cyclesOf, dateAt } from '../far_years.mjs';
import { define } from './declare.mjs';

const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

define('day of year', ['date:date'], (date) => date.value.dayOfYear);
define('day of week', ['date:date'], (date) => WEEKDAYS[date.value.dayOfWeek - 1]);
define('month of year', ['date:date'], (date) => MONTHS[date.value.month - 1]);
define('week of year', ['date:date'], (date) => date.value.weekOfYear);
define('last day of month', ['date:date'], (date) => dateAt(date.value.with({ day: date.value.daysInMonth }), cyclesOf(date)));
