/** Functions of numbers (DMN 10.3.4.5), rounded in decimal. */
import { FeelDuration, isDuration } from 'feelin';

import { round, tidy } from '../numbers.mjs';
import { define, single } from './declare.mjs';

const scaled = (mode) => (number, scale) => round(number, Math.trunc(scale ?? 0), mode) ?? undefined;

define('decimal', ['n:number', 'scale:number'], scaled('half even'));
define('floor', ['n:number', 'scale?:number'], scaled('floor'));
define('ceiling', ['n:number', 'scale?:number'], scaled('ceiling'));
define('round up', ['n:number', 'scale:number'], scaled('up'));
define('round down', ['n:number', 'scale:number'], scaled('down'));
define('round half up', ['n:number', 'scale:number'], scaled('half up'));
define('round half down', ['n:number', 'scale:number'], scaled('half down'));
define('abs', ['n:any'], (given) => {
  const value = single(given);
  if (isDuration(value)) {
    return new FeelDuration(value.value.abs(), value.yearsMonths);
  }
  return typeof value === 'number' ? Math.abs(value) : undefined;
});
define('modulo', ['dividend:number', 'divisor:number'], (dividend, divisor) =>
  divisor === 0 ? undefined : (tidy(dividend - divisor * Math.floor(tidy(dividend / divisor))) ?? undefined));
define('sqrt', ['number:number'], (number) => (number < 0 ? undefined : Math.sqrt(number)));
define('log', ['number:number'], (number) => (number <= 0 ? undefined : Math.log(number)));
define('exp', ['number:number'], (number) => (Number.isFinite(Math.exp(number)) ? Math.exp(number) : undefined));
define('odd', ['number:number'], (number) => Math.abs(number) % 2 === 1);
define('even', ['number:number'], (number) => Math.abs(number) % 2 === 0);
