/** Boxed expressions (DMN 7.3, 10.2): each becomes a function of a scope. */
import { FeelFunction, getType } from 'feelin';

import { builtins, invoke } from '../feel/language/builtins.mjs';
import { compile, references } from '../feel/language/compile.mjs';
import { bind, itemScope, newScope } from '../feel/language/scopes.mjs';
import { limitList, state, warn } from '../feel/language/state.mjs';
import { conform, isBuiltInType, isCallable } from '../feel/language/types.mjs';
import { liveType, odd, shapeOfType, shapeOfVariable } from './shapes.mjs';
import { compileTable } from './tables.mjs';

/**
 * What is known while expressions of one element are compiled: names for the parser, types, and where problems go.
 * `report` collects problems and references instead of throwing, when a model is inspected.
 */
export class Place {
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
    for (const name of found.types) {
      if (!isBuiltInType(name) && !Object.hasOwn(this.types, name)) {
        this.report.problems.push({ code: 'type', message: `no type ${name}`, text: name });
      }
    }
    if (found.external) {
      this.report.problems.push({ code: 'feel_external', message: 'external functions are not allowed', text: '' });
    }
  }
}

export const typed = (run, type) => (type ? (scope) => conform(run(scope), type) : run);

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
    const source = compileSource(logic.in, place);
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

/** What a loop goes over: a list or range, or the two ends of steps, as in `1..3`. */
function compileSource(logic, place) {
  return logic?.kind === 'literalExpression' && STEPS.test(logic.text)
    ? place.feel(`for kyky_item in ${logic.text} return kyky_item`)
    : compileLogic(logic, place);
}

const STEPS = /^[^[\](){}"]+\.\.[^[\](){}"]+$/;

function overList(source, visit) {
  if (getType(source) === 'range') {
    return visit(
      compile('for kyky_item in kyky_range return kyky_item', 'expression').run(newScope({ kyky_range: source })),
    );
  }
  return source === null || source === undefined ? null : visit(Array.isArray(source) ? source : [source]);
}

function compileQuantified(logic, place, settling) {
  const source = compileSource(logic.in, place);
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
    // a function may call itself
    const known = entry.value?.kind === 'functionDefinition' ? inner.with({ [entry.name]: 1 }) : inner;
    const run = typed(compileLogic(entry.value, known), entry.type);
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
export function functionOf(names, parameters, types, body) {
  const called = new FeelFunction((...given) => {
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
  return Object.assign(called, { parameterTypes: parameters.map(({ type }) => type) });
}

export function compileLogic(logic, place) {
  const make = logic && COMPILERS[logic.kind];
  if (!make) {
    return () => null;
  }
  return typed(make(logic, place), logic.type ? liveType(logic.type) : null);
}
