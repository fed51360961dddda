/** Arithmetic (DMN 10.3.2.3, 10.3.2.14): numbers, texts, temporal values and durations. */
import { isDuration, isTemporal } from 'feelin';
import * as decimals from '../decimals.mjs';
import { power as powerOf } from '../numbers.mjs';
import { limitText, warn } from '../state.mjs';
import { addBoth, between, divideDuration, divideDurations, scaleDuration, shift } from '../temporal.mjs';

const { isNumber } = decimals;
const areNumbers = (left, right) => isNumber(left) && isNumber(right);

function add(left, right) {
  if (areNumbers(left, right)) {
    return decimals.add(left, right);
  }
  if (typeof left === 'string' && typeof right === 'string') {
    return limitText(left + right);
  }
  if (isDuration(left) && isDuration(right)) {
    return addBoth(left, right, 1);
  }
  if (isTemporal(left) && isDuration(right)) {
    return shift(left, right, 1);
  }
  return isDuration(left) && isTemporal(right) ? shift(right, left, 1) : undefined;
}

function subtract(left, right) {
  if (areNumbers(left, right)) {
    return decimals.subtract(left, right);
  }
  if (isDuration(left) && isDuration(right)) {
    return addBoth(left, right, -1);
  }
  if (isTemporal(left) && isTemporal(right)) {
    return between(left, right);
  }
  return isTemporal(left) && isDuration(right) ? shift(left, right, -1) : undefined;
}

function multiply(left, right) {
  if (areNumbers(left, right)) {
    return decimals.multiply(left, right);
  }
  if (isDuration(left) && isNumber(right)) {
    return scaleDuration(left, right);
  }
  return isNumber(left) && isDuration(right) ? scaleDuration(right, left) : undefined;
}

function divide(left, right) {
  if (areNumbers(left, right)) {
    return decimals.divide(left, right);
  }
  if (isDuration(left) && isDuration(right)) {
    return divideDurations(left, right);
  }
  return isDuration(left) && isNumber(right) && right !== 0 ? divideDuration(left, right) : undefined;
}

const power = (left, right) => (areNumbers(left, right) ? powerOf(left, right) : undefined);

const OPERATIONS = { '+': add, '-': subtract, '*': multiply, '/': divide, '**': power, '^': power };

export function arithmetic(node, args) {
  if (args.length === 2) {
    return Object.assign((scope) => negate(args[1](scope)), { type: args[1].type });
  }
  const [left, operator, right] = args;
  const operation = OPERATIONS[operator];
  const type = left.type === right.type ? left.type : 'any';
  return Object.assign(
    (scope) => {
      const result = operation(left(scope), right(scope));
      if (result === undefined) {
        warn('INVALID_TYPE', operator);
        return null;
      }
      return result;
    },
    { type },
  );
}

function negate(value) {
  if (isNumber(value)) {
    return decimals.negate(value);
  }
  return isDuration(value) ? scaleDuration(value, -1) : null;
}
