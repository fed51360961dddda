/** Arithmetic (DMN 10.3.2.3, 10.3.2.14): numbers, texts, temporal values and durations. */
import { isDuration, isTemporal } from 'feelin';
import { addNumbers, tidy } from '../numbers.mjs';
import { limitText, warn } from '../state.mjs';
import { addBoth, between, divideDurations, scaleDuration, shift } from '../temporal.mjs';

function add(left, right) {
  if (typeof left === 'number' && typeof right === 'number') {
    return addNumbers(left, right);
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
  if (typeof left === 'number' && typeof right === 'number') {
    return addNumbers(left, -right);
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
  if (typeof left === 'number' && typeof right === 'number') {
    return tidy(left * right);
  }
  if (isDuration(left) && typeof right === 'number') {
    return scaleDuration(left, right);
  }
  return typeof left === 'number' && isDuration(right) ? scaleDuration(right, left) : undefined;
}

function divide(left, right) {
  if (typeof left === 'number' && typeof right === 'number') {
    return right === 0 ? null : tidy(left / right);
  }
  if (isDuration(left) && isDuration(right)) {
    return divideDurations(left, right);
  }
  return isDuration(left) && typeof right === 'number' && right !== 0 ? scaleDuration(left, 1 / right) : undefined;
}

const power = (left, right) =>
  typeof left === 'number' && typeof right === 'number' ? tidy(left ** right) : undefined;

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
  if (typeof value === 'number') {
    return value === 0 ? 0 : -value;
  }
  return isDuration(value) ? scaleDuration(value, -1) : null;
}
