/** Functions of numbers (DMN 10.3.4.5), rounded in decimal. */
import { FeelDuration, isDuration } from 'feelin';

import { absolute, isNumber, modulo } from '../decimals.mjs';
import { exp, ln, round, squareRoot } from '../numbers.mjs';
import { define, single } from './declare.mjs';

const scaled = (mode) => (number, scale) => round(number, Math.trunc(scale ?? 0), mode) ?? undefined;
const known = (compute) => (number) => compute(number) ?? undefined;

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
  return isNumber(value) ? absolute(value) : undefined;
});
define('modulo', ['dividend:number', 'divisor:number'], (dividend, divisor) =>
  divisor === 0 ? undefined : modulo(dividend, divisor));
define('sqrt', ['number:number'], known(squareRoot));
define('log', ['number:number'], known(ln));
define('exp', ['number:number'], known(exp));
define('odd', ['number:number'], (number) => absolute(modulo(number, 2)) === 1);
define('even', ['number:number'], (number) => modulo(number, 2) === 0);
