/**
 * Decisions in V8: a program (what reader.py made of the DMN files) is compiled once for each isolate and evaluated as a
 * requirement graph, every element at most once for each evaluation.
 *
 * A compiled expression is a function of a scope; `current` is the evaluation under way.
 */
import { FeelFunction, getType } from 'feelin';

import { builtins, invoke } from '../feel/language/builtins.mjs';
import { compile, merged, needsHelp, references } from '../feel/language/compile.mjs';
import { bind, itemScope, newScope } from '../feel/language/nodes.mjs';
import { FeelError, limitList, state, warn } from '../feel/language/state.mjs';
import { readAny } from '../feel/language/temporal.mjs';
import { baseName, conform, isCallable } from '../feel/language/types.mjs';
import { compileTable } from './tables.mjs';

const MOST_PROGRAMS = 64;
const DEEPEST_GRAPH = 100;
const programs = new Map();

/** The evaluation under way: { program, given, values, matched, inputs, depth }. */
let current = null;

export const noteMatch = (element, rule) => current.matched.push([element.id, rule]);

// -- types ----------------------------------------------------------------------------------------------------------

/** Item definitions come as JSON; their allowed values are unary tests, compiled at their first use. */
function liveTypes(written) {
  return Object.fromEntries(Object.entries(written).map(([name, type]) => [name, liveType(type)]));
}

function liveType(written) {
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

/** The names inside values of a type, for the parser. */
function shapeOfType(type, types, depth = 0) {
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

const shapeOfVariable = (variable, logic, types) =>
  merged(shapeOfLogic(logic, types), shapeOfType(variable.type, types));

const odd = (shape) => shape !== 1 && Object.entries(shape).some(([name, inner]) => needsHelp(name) || odd(inner));

// -- expressions ----------------------------------------------------------------------------------------------------

/**
 * What is known while expressions of one element are compiled: names for the parser, types, and where problems go.
 * `report` collects problems and references instead of throwing, when a model is inspected.
 */
class Place {
  constructor({ element, types, names, report }) {
    Object.assign(this, { element, types, names, report });
  }

  with(names) {
    return new Place({ ...this, names: { ...this.names, ...names } });
  }

  /** Compile a text of FEEL. */
  feel(text, kind = 'expression') {
    const shape = odd(this.names) ? this.names : null;
    const key = shape ? JSON.stringify(shape) : '';
    try {
      if (this.report) {
        this.inspect(references(text, kind, shape, key));
      }
      return compile(text, kind, shape, key).run;
    } catch (error) {
      if (!this.report) {
        throw error;
      }
      this.report.problems.push({ code: error.code ?? 'feel_syntax', message: error.message, text });
      return () => null;
    }
  }

  inspect(found) {
    const known = new Set(Object.keys(this.names));
    for (const name of found.names) {
      if (!known.has(name.split('.')[0])) {
        this.report.names.add(name);
      }
    }
    for (const name of found.unknownFunctions) {
      if (!known.has(name)) {
        this.report.problems.push({ code: 'feel_function', message: `no function ${name}`, text: name });
      }
    }
    if (found.external) {
      this.report.problems.push({ code: 'feel_external', message: 'external functions are not allowed', text: '' });
    }
  }
}

const typed = (run, type) => (type ? (scope) => conform(run(scope), type) : run);

const COMPILERS = {
  literalExpression: (logic, place) => place.feel(logic.text),
  decisionTable: (logic, place) => compileTable(logic, place),
  context: compileContext,
  list(logic, place) {
    const items = logic.items.map((item) => compileLogic(item, place));
    return (scope) => items.map((item) => item(scope));
  },
  relation(logic, place) {
    const rows = logic.rows.map((row) => row.map((cell) => compileLogic(cell, place)));
    return (scope) =>
      rows.map((row) =>
        Object.fromEntries(
          row.map((cell, at) => [logic.columns[at].name, conform(cell(scope), logic.columns[at].type)]),
        ),
      );
  },
  invocation: compileInvocation,
  functionDefinition: compileFunction,
  conditional(logic, place) {
    const [condition, yes, no] = ['if', 'then', 'else'].map((part) => compileLogic(logic[part], place));
    return (scope) => (condition(scope) === true ? yes(scope) : no(scope));
  },
  filter(logic, place) {
    const source = compileLogic(logic.in, place);
    const match = compileLogic(logic.match, place.with({ item: 1, partial: 1, ...elementShape(logic.in, place) }));
    return (scope) =>
      overList(source(scope), (list) => {
        const verdicts = list.map((item) => match(itemScope(scope, item)));
        return verdicts.every((verdict) => typeof verdict === 'boolean')
          ? list.filter((item, at) => verdicts[at])
          : null;
      });
  },
  for(logic, place) {
    const source = compileLogic(logic.in, place);
    const body = compileLogic(logic.body, place.with({ [logic.variable]: elementShape(logic.in, place), partial: 1 }));
    return (scope) =>
      overList(source(scope), (list) => {
        const partial = [];
        for (const item of list) {
          const inner = Object.create(scope);
          bind(inner, logic.variable, item);
          inner.partial = partial.slice();
          partial.push(body(inner));
        }
        return limitList(partial);
      });
  },
  some: (logic, place) => compileQuantified(logic, place, true),
  every: (logic, place) => compileQuantified(logic, place, false),
};

const elementShape = (logic, place) => {
  const shape =
    logic.kind === 'literalExpression' && Object.hasOwn(place.names, logic.text.trim())
      ? place.names[logic.text.trim()]
      : 1;
  return shape === 1 ? {} : shape;
};

function overList(source, visit) {
  if (getType(source) === 'range') {
    return visit(
      compile('for kyky_item in kyky_range return kyky_item', 'expression').run(newScope({ kyky_range: source })),
    );
  }
  return source === null || source === undefined ? null : visit(Array.isArray(source) ? source : [source]);
}

function compileQuantified(logic, place, settling) {
  const source = compileLogic(logic.in, place);
  const body = compileLogic(logic.body, place.with({ [logic.variable]: elementShape(logic.in, place) }));
  return (scope) =>
    overList(source(scope), (list) => {
      let verdict = !settling;
      for (const item of list) {
        const inner = Object.create(scope);
        bind(inner, logic.variable, item);
        const result = body(inner);
        if (result === settling) {
          return settling;
        }
        verdict = typeof result === 'boolean' ? verdict : null;
      }
      return verdict;
    });
}

function compileContext(logic, place) {
  let inner = place;
  const entries = logic.entries.map((entry) => {
    const run = typed(compileLogic(entry.value, inner), entry.type);
    if (entry.name !== null) {
      inner = inner.with({ [entry.name]: shapeOfVariable(entry, entry.value, place.types) });
    }
    return { name: entry.name, run };
  });
  return (scope) => {
    const own = Object.create(scope);
    const result = {};
    for (const { name, run } of entries) {
      const value = run(own);
      if (name === null) {
        return value;
      }
      result[name] = value;
      bind(own, name, value);
    }
    return result;
  };
}

function compileInvocation(logic, place) {
  const target = compileLogic(logic.callee, place);
  const name = logic.callee.text?.trim() ?? '';
  const bindings = logic.bindings.map((binding) => ({
    name: binding.name,
    run: typed(compileLogic(binding.value, place), binding.type),
  }));
  return (scope) => {
    const callee = scope[name] ?? target(scope) ?? builtins[name];
    if (!isCallable(callee)) {
      warn('NO_FUNCTION_FOUND', name);
      return null;
    }
    return invoke(callee, Object.fromEntries(bindings.map((binding) => [binding.name, binding.run(scope)])));
  };
}

function compileFunction(logic, place) {
  const names = logic.parameters.map((parameter) => parameter.name);
  const shapes = Object.fromEntries(
    logic.parameters.map((parameter) => [parameter.name, shapeOfType(parameter.type, place.types)]),
  );
  const body = typed(compileLogic(logic.body, place.with(shapes)), logic.result);
  return (scope) =>
    functionOf(names, logic.parameters, place.types, (values) => {
      const inner = Object.create(scope);
      values.forEach((value, at) => bind(inner, names[at], value));
      return body(inner);
    });
}

/** A FEEL function with typed parameters: an argument that does not conform makes the result null. */
function functionOf(names, parameters, types, body) {
  return new FeelFunction((...given) => {
    if (given.length !== names.length) {
      return null;
    }
    const before = state.types;
    state.types = types;
    try {
      const values = given.map((value, at) => conform(value ?? null, parameters[at].type));
      if (values.some((value, at) => value === null && given[at] !== null && given[at] !== undefined)) {
        warn('INVALID_ARGUMENTS', 'function');
        return null;
      }
      return body(values);
    } finally {
      state.types = before;
    }
  }, names);
}

export function compileLogic(logic, place) {
  const make = logic && COMPILERS[logic.kind];
  if (!make) {
    return () => null;
  }
  return typed(make(logic, place), logic.type ? liveType(logic.type) : null);
}

// -- the graph ------------------------------------------------------------------------------------------------------

/** Names that an element may use, with the shapes of their values. */
function namesFor(program, element) {
  const names = {};
  for (const key of element.requires) {
    const required = program.elements[key];
    if (required) {
      const shape = shapeOfVariable(required, required.logic, program.types[required.model] ?? {});
      const alias = program.imports[element.model]?.[required.model];
      if (required.model === element.model || alias === undefined || alias === '') {
        names[required.name] = shape;
      } else {
        names[alias] = { ...(names[alias] === 1 ? {} : names[alias]), [required.name]: shape };
      }
    }
  }
  return names;
}

function placeFor(program, element, report = null) {
  return new Place({ element, types: program.types[element.model] ?? {}, names: namesFor(program, element), report });
}

function compiled(program, element) {
  element.run ??= typed(compileLogic(element.logic, placeFor(program, element)), element.type);
  return element.run;
}

/** The scope of an element: what it requires, and what was given besides the names that the model declares. */
function scopeFor(program, element, self = null) {
  const scope = Object.create(current.root);
  const imported = {};
  for (const key of element.requires) {
    const required = program.elements[key];
    if (!required || key === self) {
      continue;
    }
    const value = valueOf(program, key);
    const alias = required.model === element.model ? '' : (program.imports[element.model]?.[required.model] ?? '');
    if (alias === '') {
      bind(scope, required.name, value);
    } else {
      imported[alias] = { ...imported[alias], [required.name]: value };
      bind(scope, alias, imported[alias]);
    }
  }
  return scope;
}

function valueOf(program, key) {
  if (current.values.has(key)) {
    return current.values.get(key);
  }
  const element = program.elements[key];
  current.depth += 1;
  if (current.depth > DEEPEST_GRAPH) {
    throw new FeelError('decision_cycle', 'the requirements go in a circle or too deep');
  }
  const types = state.types;
  state.types = program.types[element.model] ?? {};
  try {
    const value = VALUES[element.kind](program, element, key) ?? null;
    current.values.set(key, value);
    return value;
  } catch (error) {
    error.element ??= element.id;
    throw error;
  } finally {
    state.types = types;
    current.depth -= 1;
  }
}

const VALUES = {
  inputData: inputValue,
  decision: (program, element) => compiled(program, element)(scopeFor(program, element)),
  knowledge(program, element, key) {
    const scope = scopeFor(program, element, key);
    const value = compiled(program, element)(scope);
    if (element.requires.includes(key)) {
      // a function that calls itself
      bind(scope, element.name, value);
    }
    return value;
  },
  service: (program, element) => serviceFunction(program, element),
};

const TEMPORAL_NAMES = new Set([
  'date',
  'time',
  'date and time',
  'dateTime',
  'duration',
  'days and time duration',
  'dayTimeDuration',
  'years and months duration',
  'yearMonthDuration',
]);

function given(name) {
  const value = current.root[name] ?? current.declared[name];
  return value === undefined ? null : value;
}

function inputValue(program, element) {
  const raw = given(element.name);
  current.inputs[element.name] = raw;
  if (raw === null || !element.type) {
    return raw;
  }
  const value = conformInput(raw, element.type);
  if (value === null) {
    throw new FeelError('decision_input', `the value of the input ${element.name} is not of its type or not allowed`);
  }
  return value;
}

/** JSON has no dates: a text given for an input of a temporal type is read as one. */
function conformInput(raw, type) {
  if (typeof raw === 'string' && TEMPORAL_NAMES.has(baseName(type))) {
    return conform(readAny(raw), type);
  }
  state.lenient = true;
  try {
    return conform(raw, type);
  } finally {
    state.lenient = false;
  }
}

// -- decision services ----------------------------------------------------------------------------------------------

function serviceParameters(program, service) {
  return [...service.inputs, ...service.inputDecisions].map((key) => program.elements[key]);
}

function serviceFunction(program, service) {
  const parameters = serviceParameters(program, service);
  const keys = [...service.inputs, ...service.inputDecisions];
  return functionOf(
    parameters.map((each) => each.name),
    parameters,
    program.types[service.model] ?? {},
    (values) =>
      within({ ...current, values: new Map(keys.map((key, at) => [key, values[at]])) }, () =>
        serviceOutput(program, service),
      ),
  );
}

function within(evaluation, body) {
  const before = current;
  current = evaluation;
  try {
    return body();
  } finally {
    current = before;
  }
}

function serviceOutput(program, service) {
  const outputs = service.outputs.map((key) => [program.elements[key].name, valueOf(program, key)]);
  const value = outputs.length === 1 ? outputs[0][1] : Object.fromEntries(outputs);
  return conform(value, service.type);
}

/** A service asked from outside: its input decisions are given like input data. */
function evaluateService(program, service) {
  for (const key of service.inputDecisions) {
    const element = program.elements[key];
    current.inputs[element.name] = given(element.name);
    current.values.set(key, conform(given(element.name), element.type));
  }
  return serviceOutput(program, service);
}

// -- from outside ---------------------------------------------------------------------------------------------------

export function load(hash, written) {
  const program = open(written);
  if (programs.size >= MOST_PROGRAMS) {
    programs.delete(programs.keys().next().value);
  }
  programs.set(hash, program);
}

export const isLoaded = (hash) => programs.has(hash);

function open(written) {
  const types = Object.fromEntries(Object.entries(written.types).map(([model, each]) => [model, liveTypes(each)]));
  const elements = Object.fromEntries(
    Object.entries(written.elements).map(([key, element]) => [key, { ...element, type: liveType(element.type) }]),
  );
  const declared = new Set(Object.values(elements).map((element) => element.name));
  return { types, elements, imports: written.imports, declared };
}

/** Evaluate a decision or service. Names that the model declares are seen only where they are required. */
export function decide(hash, key, context) {
  const program = programs.get(hash);
  const element = program.elements[key];
  const free = {};
  const declared = Object.create(null);
  for (const [name, value] of Object.entries(context)) {
    if (program.declared.has(name)) {
      declared[name] = value;
    } else {
      free[name] = value;
    }
  }
  const evaluation = { root: newScope(free), declared, values: new Map(), matched: [], inputs: {}, depth: 0 };
  return within(evaluation, () => {
    const output = outputOf(program, element, key);
    return { output: isCallable(output) ? null : output, matched: evaluation.matched, inputs: evaluation.inputs };
  });
}

function outputOf(program, element, key) {
  if (element.kind === 'service') {
    return evaluateService(program, element);
  }
  const value = valueOf(program, key);
  if (element.kind !== 'knowledge' || !isCallable(value)) {
    return value;
  }
  return invoke(value, Object.fromEntries(value.parameterNames.map((name) => [name, given(name)])));
}

/** Compile everything and tell for each element what is wrong and what it takes from outside. */
export function inspect(written) {
  const program = open(written);
  return Object.fromEntries(
    Object.entries(program.elements).map(([key, element]) => {
      const report = { problems: [], names: new Set() };
      state.types = program.types[element.model] ?? {};
      compileLogic(element.logic, placeFor(program, element, report));
      return [key, { problems: report.problems, names: [...report.names] }];
    }),
  );
}
