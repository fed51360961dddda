/** Decision tables (DMN 8.2.8 to 8.2.11): matching, hit policies, aggregation, priorities, default outputs. */
import { equals, order } from '../feel/language/compare.mjs';
import { isNumber, sum } from '../feel/language/decimals.mjs';
import { FeelError } from '../feel/language/state.mjs';
import { conform, isListType } from '../feel/language/types.mjs';
import { noteMatch } from './evaluation.mjs';
import { allowedTest, allowedValues } from './shapes.mjs';

const ANYTHING = Symbol('anything');

export function compileTable(table, place) {
  const inputs = table.inputs.map((input) => compileInput(input, place));
  const outputs = table.outputs.map((output) => compileOutput(output, place, ORDERED.has(table.hitPolicy)));
  const rules = table.rules.map((rule) => ({
    tests: rule.tests.map((text) => (text === '' || text === '-' ? ANYTHING : place.feel(text, 'unary'))),
    results: rule.results.map((text) => (text === '' ? () => null : place.feel(text))),
  }));
  const policy = POLICIES[table.hitPolicy];
  const make = (rule, scope) =>
    rowOf(
      outputs,
      rule.results.map((run) => run(scope)),
      table.outputs.length > 1,
    );
  return (scope) => {
    const matching = matches(inputs, rules, scope, table.hitPolicy === 'FIRST');
    matching.forEach((at) => noteMatch(place.element, at + 1));
    if (matching.length === 0) {
      return withoutMatch(table, outputs, scope);
    }
    return policy({ table, outputs, rows: () => matching.map((at) => make(rules[at], scope)), count: matching.length });
  };
}

function compileInput(input, place) {
  return {
    run: place.feel(input.text),
    type: input.type,
    allowed: input.allowed ? allowedTest(input.allowed) : null,
    label: input.text,
  };
}

function compileOutput(output, place, ordered) {
  // the order of priorities is that of the output's values, or else of the values of its type
  const allowed = ordered && (output.allowed ?? allowedValues(output.type, place.types));
  return {
    name: output.name,
    type: output.type,
    priorities: allowed ? place.feel(`[${allowed}]`) : null,
    default: output.default === null ? null : place.feel(output.default),
  };
}

/** Numbers of the rules, from 0, whose tests all hold. */
function matches(inputs, rules, scope, onlyFirst) {
  const scopes = inputs.map((input) => inputScope(input, scope));
  const found = [];
  for (let at = 0; at < rules.length; at += 1) {
    if (rules[at].tests.every((test, column) => test === ANYTHING || test(scopes[column]) === true)) {
      found.push(at);
      if (onlyFirst) {
        break;
      }
    }
  }
  return found;
}

function inputScope(input, scope) {
  const raw = input.run(scope);
  const value = conform(raw, input.type);
  if (value === null && raw !== null) {
    throw new FeelError('decision_input', `the value of ${input.label} is not of the type of its column`);
  }
  if (value !== null && input.allowed && !allowedAll(input, value)) {
    throw new FeelError('decision_input', `the value of ${input.label} is not among the values of the column`);
  }
  const inner = Object.create(scope);
  inner['?'] = value;
  return inner;
}

function allowedAll(input, value) {
  return Array.isArray(value) && !isListType(input.type)
    ? value.every((item) => input.allowed(item) === true)
    : input.allowed(value) === true || (Array.isArray(value) && value.every((item) => input.allowed(item) === true));
}

function rowOf(outputs, values, named) {
  if (!named) {
    return conform(values[0] ?? null, outputs[0].type);
  }
  return Object.fromEntries(outputs.map((output, at) => [output.name, conform(values[at] ?? null, output.type)]));
}

function withoutMatch(table, outputs, scope) {
  if (outputs.some((output) => output.default)) {
    const row = rowOf(
      outputs,
      outputs.map((output) => (output.default ? output.default(scope) : null)),
      outputs.length > 1,
    );
    return LISTS.has(table.hitPolicy) && !table.aggregation && !Array.isArray(row) ? [row] : row;
  }
  if (table.aggregation === 'COUNT') {
    return 0;
  }
  return table.hitPolicy === 'COLLECT' && !table.aggregation ? [] : null;
}

const ORDERED = new Set(['PRIORITY', 'OUTPUT ORDER']);
const LISTS = new Set(['COLLECT', 'RULE ORDER', 'OUTPUT ORDER']);

const POLICIES = {
  UNIQUE({ rows, count }) {
    if (count > 1) {
      throw new FeelError('decision_hit_policy', 'more than one rule matches in a table of unique hits');
    }
    return rows()[0];
  },
  ANY({ rows }) {
    const all = rows();
    if (all.some((row) => equals(row, all[0]) !== true)) {
      throw new FeelError('decision_hit_policy', 'rules with different results match in a table of any hit');
    }
    return all[0];
  },
  FIRST: ({ rows }) => rows()[0],
  PRIORITY: (found) => byPriority(found)[0],
  'OUTPUT ORDER': byPriority,
  'RULE ORDER': ({ rows }) => rows(),
  COLLECT({ table, rows }) {
    return table.aggregation ? AGGREGATIONS[table.aggregation](rows()) : rows();
  },
};

/** Rows in the order of the outputs' listed values, the first output first; values that are not listed come last. */
function byPriority({ outputs, rows }) {
  const listed = outputs.map((output) => (output.priorities ? output.priorities(Object.create(null)) : []));
  const rank = (row) =>
    outputs.map((output, at) => {
      const value = outputs.length > 1 ? row[output.name] : row;
      const place = listed[at].findIndex((each) => equals(each, value) === true);
      return place < 0 ? listed[at].length : place;
    });
  return rows()
    .map((row) => ({ row, rank: rank(row) }))
    .sort((a, b) => a.rank.map((place, at) => place - b.rank[at]).find((difference) => difference !== 0) ?? 0)
    .map(({ row }) => row);
}

const numbers = (rows) => rows.every(isNumber);

function extreme(rows, sign) {
  let best = rows[0];
  for (const row of rows) {
    const position = order(row, best);
    if (position === null) {
      return null;
    }
    best = position * sign > 0 ? row : best;
  }
  return best;
}

const AGGREGATIONS = {
  SUM: (rows) => (numbers(rows) ? sum(rows) : null),
  COUNT: (rows) => rows.length,
  MIN: (rows) => extreme(rows, -1),
  MAX: (rows) => extreme(rows, 1),
};
