/** for, some, every: turns over lists, ranges and steps. */
import { FeelRange, isDate } from 'feelin';
import { FeelError, limitList } from '../state.mjs';
import { between } from '../temporal.mjs';
import { bind, child, isNull, single, tagged } from '../scopes.mjs';

export function iteration(node, args) {
  if (args.length < 3) {
    return args[0];
  }
  return (scope) => {
    const [from, to] = [single(args[0](scope)), single(args[2](scope))];
    return { from, to, steps: true };
  };
}

function* turns(source) {
  if (source instanceof FeelRange) {
    yield* steps(source.start, source.end, source['start included'], source['end included']);
  } else if (source?.steps) {
    yield* steps(source.from, source.to, true, true);
  } else {
    yield* Array.isArray(source) ? source : [source];
  }
}

/** thrown where a loop's source is no list: the loop's value is null then */
const NO_LIST = Symbol('no list');

function* steps(from, to, first, last) {
  const numbers = Number.isInteger(from) && Number.isInteger(to);
  if (!numbers && !(isDate(from) && isDate(to))) {
    throw NO_LIST;
  }
  const at = numbers ? (step) => from + step : (step) => shiftDays(from, step);
  const distance = numbers ? to - from : between(to, from).value.days;
  const direction = distance < 0 ? -1 : 1;
  for (let step = first ? 0 : direction; Math.abs(step) <= Math.abs(distance) - (last ? 0 : 1); step += direction) {
    yield at(step);
    if (distance === 0) {
      return;
    }
  }
}

const shiftDays = (date, days) => new date.constructor(date.value.add({ days }));

const MOST_TURNS = 200_000;

/** Visit every combination of the loop's names; false from `visit` ends the loop. Null where a source is no list. */
function loop(scope, sources, visit) {
  let count = 0;
  const enter = (outer, depth) => {
    if (depth === sources.length) {
      count += 1;
      if (count > MOST_TURNS) {
        throw new FeelError('feel_size', 'a loop has too many turns');
      }
      return visit(outer);
    }
    const source = sources[depth].read(outer);
    if (isNull(source)) {
      throw NO_LIST;
    }
    for (const item of turns(source)) {
      const inner = child(outer);
      bind(inner, sources[depth].name, item);
      if (enter(inner, depth + 1) === false) {
        return false;
      }
    }
    return true;
  };
  try {
    enter(scope, 0);
    return true;
  } catch (error) {
    if (error === NO_LIST) {
      return false;
    }
    throw error;
  }
}

export function forExpression(node, args) {
  const sources = args[1];
  const body = args.at(-1);
  const looksBack = /\bpartial\b/.test(node.input);
  return (scope) => {
    const partial = [];
    const known = loop(scope, sources, (inner) => {
      if (looksBack) {
        // a turn sees the results before it, not the list that is still growing
        inner.partial = partial.slice();
      }
      partial.push(body(inner));
      return true;
    });
    return known ? limitList(partial) : null;
  };
}

export function quantified(node, args) {
  const settling = args[0] === 'some';
  const [, sources, , condition] = args;
  return tagged((scope) => {
    let verdict = !settling;
    const known = loop(scope, sources, (inner) => {
      const result = condition(inner);
      if (result === settling) {
        verdict = settling;
        return false;
      }
      verdict = result === !settling ? verdict : null;
      return true;
    });
    return known ? verdict : null;
  }, 'test');
}
