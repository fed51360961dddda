/** Types of a program, and the names inside their values for the parser. */
import { compile, merged, needsHelp } from '../feel/language/compile.mjs';
import { newScope } from '../feel/language/scopes.mjs';

/** Item definitions come as JSON; their allowed values are unary tests, compiled at their first use. */
export function liveTypes(written) {
  return Object.fromEntries(Object.entries(written).map(([name, type]) => [name, liveType(type)]));
}

export function liveType(written) {
  if (!written) {
    return null;
  }
  const type = { ...written };
  for (const inner of ['type', 'element', 'result']) {
    if (written[inner]) {
      type[inner] = liveType(written[inner]);
    }
  }
  if (written.entries) {
    type.entries = written.entries.map((entry) => ({ name: entry.name, type: liveType(entry.type) }));
  }
  if (written.allowed) {
    type.allowed = allowedTest(written.allowed);
    type.values = written.allowed;
  }
  return type;
}

/** A test of allowed values: true, false or null for a value. */
export function allowedTest(text) {
  let compiled = null;
  return (value) => {
    compiled ??= compile(text, 'unary');
    return compiled.run(newScope({ '?': value }));
  };
}

/** The text of the values that a type allows, in their order; null where it allows any. */
export function allowedValues(type, types, depth = 0) {
  if (!type || depth > 8) {
    return null;
  }
  if (type.kind === 'name') {
    return Object.hasOwn(types, type.name) ? allowedValues(types[type.name], types, depth + 1) : null;
  }
  return type.kind === 'item' ? (type.values ?? allowedValues(type.type, types, depth + 1)) : null;
}

/** The type of a function type's result; null where it tells none. */
export function resultOf(type, types, depth = 0) {
  if (!type || depth > 8) {
    return null;
  }
  if (type.kind === 'name') {
    return Object.hasOwn(types, type.name) ? resultOf(types[type.name], types, depth + 1) : null;
  }
  return type.kind === 'function' ? (type.result ?? null) : resultOf(type.type, types, depth + 1);
}

/** The names inside values of a type, for the parser. */
export function shapeOfType(type, types, depth = 0) {
  if (!type || depth > 8) {
    return 1;
  }
  switch (type.kind) {
    case 'name':
      return Object.hasOwn(types, type.name) ? shapeOfType(types[type.name], types, depth + 1) : 1;
    case 'item':
      return shapeOfType(type.type, types, depth + 1);
    case 'list':
      return shapeOfType(type.element, types, depth + 1);
    case 'context':
      return Object.fromEntries(type.entries.map((entry) => [entry.name, shapeOfType(entry.type, types, depth + 1)]));
    default:
      return 1;
  }
}

/** The names inside the value of an expression whose form tells them: a boxed context, a table of several outputs. */
function shapeOfLogic(logic, types) {
  if (logic?.kind === 'context' && logic.entries.every((entry) => entry.name !== null)) {
    return Object.fromEntries(logic.entries.map((entry) => [entry.name, shapeOfVariable(entry, entry.value, types)]));
  }
  if (logic?.kind === 'decisionTable' && logic.outputs.length > 1) {
    return Object.fromEntries(logic.outputs.map((output) => [output.name, shapeOfType(output.type, types)]));
  }
  if (logic?.kind === 'relation') {
    return Object.fromEntries(logic.columns.map((column) => [column.name, shapeOfType(column.type, types)]));
  }
  return 1;
}

export const shapeOfVariable = (variable, logic, types) =>
  merged(shapeOfLogic(logic, types), shapeOfType(variable.type, types));

export const odd = (shape) =>
  shape !== 1 && Object.entries(shape).some(([name, inner]) => needsHelp(name) || odd(inner));
