/**
 * Decisions in V8: a program (what program.py made of the DMN files) is compiled once for each isolate and evaluated as a
 * requirement graph, every element at most once for each evaluation.
 */
import { invoke } from '../feel/language/builtins.mjs';
import { bind, newScope } from '../feel/language/scopes.mjs';
import { FeelError, state } from '../feel/language/state.mjs';
import { readAny } from '../feel/language/temporal.mjs';
import { conform, isCallable, withTexts } from '../feel/language/types.mjs';
import { Place, compileLogic, functionOf, typed } from './boxed.mjs';
import { current, within } from './evaluation.mjs';
import { liveType, liveTypes, resultOf, shapeOfVariable } from './shapes.mjs';

const MOST_PROGRAMS = 64;
const DEEPEST_GRAPH = 100;
const programs = new Map();

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

/** JSON has no dates: texts given for temporal types are read as such, in lists and contexts too. */
function conformInput(raw, type) {
  state.lenient = true;
  try {
    return conform(withTexts(raw, type, readAny), type);
  } finally {
    state.lenient = false;
  }
}

// -- decision services

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
      within({ ...current, ...onlyGiven(keys, values) }, () => serviceOutput(program, service)),
  );
}

/** Inside of a service that is called nothing is seen of the inputs around it: only what it was given. */
const onlyGiven = (keys, values) => ({
  values: new Map(keys.map((key, at) => [key, values[at]])),
  declared: Object.create(null),
  inputs: {},
});

function serviceOutput(program, service) {
  const outputs = service.outputs.map((key) => [program.elements[key].name, valueOf(program, key)]);
  const value = outputs.length === 1 ? outputs[0][1] : Object.fromEntries(outputs);
  return conform(value, resultOf(service.type, program.types[service.model] ?? {}));
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

// -- from outside

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
