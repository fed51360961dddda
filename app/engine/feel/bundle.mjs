/** What Python may call in V8: texts in, texts out. Every failure comes back as a code, nothing is thrown. */
import {
  decide as decideIn,
  inspect as inspectProgram,
  isLoaded,
  load as loadProgram,
} from '../decisions/evaluator.mjs';
import { compile, references, shapeOf } from './language/compile.mjs';
import { newScope } from './language/scopes.mjs';
import { FeelError, state } from './language/state.mjs';
import { moment } from './language/temporal.mjs';
import { isBuiltInType } from './language/types.mjs';
import { decode, encode } from './language/wire.mjs';

function prepare({ now, zone }, strict, types = null) {
  let made = null;
  state.now = () => {
    made ??= moment(now, zone);
    return made;
  };
  state.strict = strict;
  state.types = types;
  state.warnings = [];
}

function failure(error) {
  if (error instanceof FeelError) {
    return { code: error.code, message: error.message };
  }
  if (error instanceof RangeError && /call stack/i.test(error.message)) {
    return { code: 'feel_depth', message: 'the expression goes too deep' };
  }
  return {
    code: 'feel_failed',
    message: error instanceof Error ? `${error.name}: ${error.message}`.slice(0, 200) : 'failed',
  };
}

function openContext(written) {
  const seen = { odd: false };
  const context = decode(written, seen);
  const shape = seen.odd ? shapeOf(context) : null;
  return { scope: newScope(context), shape, shapeKey: shape ? JSON.stringify(shape) : '' };
}

function evaluateOne([text, at, kind], contexts) {
  state.warnings = [];
  const { scope, shape, shapeKey } = contexts[at];
  const answer = { v: encode(compile(text, kind, shape, shapeKey).run(scope)) };
  return state.warnings.length ? { ...answer, w: state.warnings } : answer;
}

/** { now, zone, contexts: [...], asks: [[text, context number, kind]] } -> [{ v, w? } | { code, message }] */
function evaluate(request) {
  const { contexts, asks, ...surroundings } = JSON.parse(request);
  prepare(surroundings, true);
  const opened = contexts.map((written) => {
    try {
      return openContext(written);
    } catch (error) {
      return { error };
    }
  });
  return JSON.stringify(
    asks.map((ask) => {
      try {
        if (opened[ask[1]].error) {
          throw opened[ask[1]].error;
        }
        return evaluateOne(ask, opened);
      } catch (error) {
        return failure(error);
      }
    }),
  );
}

/** [[text, kind, names that the parser must know]] -> [{ names, functions, types, external } | { code, message }] */
function check(request) {
  return JSON.stringify(
    JSON.parse(request).map(([text, kind, shape]) => {
      try {
        const found = references(text, kind, shape ?? null, shape ? JSON.stringify(shape) : '');
        return {
          names: [...found.names],
          functions: [...found.unknownFunctions],
          types: [...found.types].filter((name) => !isBuiltInType(name)),
          external: found.external,
        };
      } catch (error) {
        return failure(error);
      }
    }),
  );
}

/** { hash, decision, context, now, zone } -> { v, m, i, w? } | { missing: true } | { code, message, element } */
function decide(request) {
  const { hash, decision, context, ...surroundings } = JSON.parse(request);
  if (!isLoaded(hash)) {
    return '{"missing":true}';
  }
  prepare(surroundings, false);
  try {
    const { output, matched, inputs } = decideIn(hash, decision, decode(context, { odd: false }));
    return JSON.stringify({ v: encode(output), m: matched, i: encode(inputs), w: state.warnings });
  } catch (error) {
    return JSON.stringify({ ...failure(error), element: error.element ?? '' });
  }
}

/** { hash, program } -> "loaded" */
function load(request) {
  const { hash, program } = JSON.parse(request);
  loadProgram(hash, program);
  return 'loaded';
}

/** program -> { element key: { problems, names } } */
function inspect(request) {
  prepare({}, false);
  return JSON.stringify(inspectProgram(JSON.parse(request)));
}

globalThis.kyky = { evaluate, check, decide, load, inspect };
