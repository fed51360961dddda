/**
 * What the bundle changes inside feelin, and why. Each anchor must occur exactly `times` times in feelin's module,
 * else the build fails: another version of feelin needs another look.
 *
 * The meaning of our FEEL lives in ./language; these patches only open the door to it.
 */
export const FEELIN_VERSION = '8.2.0';

export const patches = [
  {
    why: 'nodes of the syntax tree are evaluated by our corrections first (language/nodes.mjs)',
    anchor: 'const expr = evalNode(node, args, interpreterContext);',
    replacement: 'const expr = hooks.node(node, args, interpreterContext, evalNode);',
    times: 1,
  },
  {
    why: 'values are compared by our rules in every place (language/compare.mjs)',
    anchor: 'function equals(a, b, strict = false) {',
    replacement:
      'function equals(a, b, strict = false) {\n    return hooks.equals(a, b, strict);\n}\nfunction plainEquals(a, b, strict = false) {',
    times: 1,
  },
  {
    why: 'a number may be one of 34 digits (language/decimals.mjs)',
    anchor: "return typeof obj === 'number';",
    replacement: 'return hooks.isNumber(obj);',
    times: 1,
  },
  {
    why: 'durations are balanced by arithmetic, not through a calendar: exact, without its limits, and ten times as fast',
    anchor: 'function normalize(d) {',
    replacement: 'function normalize(d) {\n    return hooks.balance(d);\n}\nfunction feelinNormalize(d) {',
    times: 1,
  },
  {
    why: 'negative and long years are written as FEEL writes them: -2017, not -002017',
    anchor: 'this.iso = this.value.toString();',
    replacement: 'this.iso = hooks.calendarText(this.value.toString());',
    times: 1,
  },
  {
    why: 'the same for date and time',
    anchor: "this.iso = this.value.toString() + (this.zone === null ? '' : zoneSuffix(this.zone));",
    replacement:
      "this.iso = hooks.calendarText(this.value.toString()) + (this.zone === null ? '' : zoneSuffix(this.zone));",
    times: 2,
  },
];

/** Names of feelin's module that our language builds on. */
export const opened = `
const hooks = { node: null, equals: null, balance: null, isNumber: null, calendarText: (text) => text };
export {
  hooks, plainEquals, builtins, Interpreter, InterpreterContext, InvocationFailure, wrapFunction, createRange,
  getType, isDuration, isDate, isTime, isDateTime, isTemporal, isZoned, toComparable, addDuration, timeOf, timeFrom, isValidZone,
  splitZone,
};
`;
