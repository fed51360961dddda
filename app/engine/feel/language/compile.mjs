/** From text to a function of a scope: parsing, the cache of what was parsed, and what a text refers to. */
import { Interpreter, SyntaxError as FeelSyntaxError, hooks, parseExpression, parseUnaryTests } from 'feelin';

import { builtins } from './builtins.mjs';
import { equals } from './compare.mjs';
import { isNumber } from './decimals.mjs';
import { buildNode } from './nodes.mjs';
import { RANGE_ENTRY, isSimple } from './scopes.mjs';
import { FeelError } from './state.mjs';
import { balance, calendarText } from './temporal.mjs';

hooks.node = buildNode;
hooks.equals = equals;
hooks.isNumber = isNumber;
hooks.calendarText = calendarText;
hooks.balance = balance;

const LONGEST_EXPRESSION = 10_000;
const DEEPEST_TREE = 400;
/** the parser's time grows with the square of these */
const DEEPEST_BRACKETS = 60;
const LONGEST_SIGNS = 20;
const KEPT = 4_000;
/**
 * The parser's dialect that reads what Camunda's engine reads beyond the grammar of DMN 1.5 (10.3.1.2): a line break
 * inside of a text (rule 33 has none), and names in backticks.
 */
const DIALECT = 'camunda';
const KEYWORDS = new Set(
  'for in return if then else some every satisfies or and between instance of days time duration years months date list context function null true false external not'.split(
    ' ',
  ),
);
/** built-in names that the parser takes apart unless it is told of them, such as `get or else` */
const BASE_NAMES = Object.freeze(
  Object.fromEntries(
    Object.keys(builtins)
      .filter(takenApart)
      .map((name) => [name, 1]),
  ),
);

function takenApart(name) {
  const call = parseExpression(`${name}(1)`, {}).topNode.firstChild;
  return name !== '@' && (call.to !== name.length + 3 || call.firstChild.to !== name.length);
}

const silent = { addWarning() {} };
const interpreter = new Interpreter();
const cache = new Map();

export const needsHelp = (name) => !isSimple(name) || KEYWORDS.has(name);

/** Keys that the parser must know, of a value: nested contexts for contexts, the elements' keys for lists. */
export function shapeOf(value, depth = 0) {
  if (depth > 8 || value === null || typeof value !== 'object') {
    return 1;
  }
  if (Array.isArray(value)) {
    return value.slice(0, 20).reduce((shape, item) => merged(shape, shapeOf(item, depth + 1)), 1);
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) {
    return 1;
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shapeOf(item, depth + 1)]));
}

export const merged = (left, right) => (left === 1 ? right : right === 1 ? left : { ...left, ...right });

/**
 * Compile a text, or take it from the cache. `kind` is "expression" or "unary"; `shape` names what the parser must know
 * and `shapeKey` stands for it in the cache. Throws FeelError("feel_syntax").
 */
export function compile(text, kind, shape = null, shapeKey = '') {
  const key = `${kind === 'unary' ? 'u' : 'e'}${shapeKey}\n${text}`;
  let compiled = cache.get(key);
  if (!compiled) {
    compiled = parse(text, kind, shape);
    if (cache.size >= KEPT) {
      [...cache.keys()].slice(0, KEPT / 2).forEach((old) => cache.delete(old));
    }
    cache.set(key, compiled);
  }
  return compiled;
}

function parse(text, kind, shape) {
  if (text.length > LONGEST_EXPRESSION) {
    throw new FeelError('feel_syntax', `longer than ${LONGEST_EXPRESSION} characters`);
  }
  refuseTangled(text);
  const names = shape ? { ...BASE_NAMES, ...shape } : BASE_NAMES;
  try {
    return build(text, kind, names);
  } catch (error) {
    const readable = text.replace(RANGE_TYPE, (found) => (found[0] === '"' ? found : `context<${RANGE_ENTRY}: `));
    if (readable !== text) {
      return parse(readable, kind, shape);
    }
    if (error instanceof FeelSyntaxError) {
      throw new FeelError('feel_syntax', `${error.message} at character ${error.position.from + 1}`);
    }
    throw error instanceof FeelError ? error : new FeelError('feel_syntax', 'cannot be parsed');
  }
}

function build(text, kind, names) {
  const tree = (kind === 'unary' ? parseUnaryTests : parseExpression)(text, names, DIALECT);
  refuseDeep(tree);
  const { root } = interpreter._buildExecutionTree(tree, text, silent);
  return { run: root, tree, text };
}

/** The type range<T>, outside of texts; the parser takes it for a comparison. */
const RANGE_TYPE = /"(?:[^"\\]|\\[^])*"|\brange\s*<(?=\s*[A-Za-z])/g;

function refuseTangled(text) {
  let depth = 0;
  let signs = 0;
  for (const [symbol] of text.matchAll(/"(?:[^"\\]|\\[^])*"|`[^`]*`|[([{]|[)\]}]|-|[^\s-]/g)) {
    depth += '([{'.includes(symbol) ? 1 : ')]}'.includes(symbol) ? -1 : 0;
    signs = symbol === '-' ? signs + 1 : 0;
    if (depth > DEEPEST_BRACKETS || signs > LONGEST_SIGNS) {
      throw new FeelError('feel_syntax', 'nested too deeply');
    }
  }
}

function refuseDeep(tree) {
  let depth = 0;
  tree.iterate({
    enter() {
      depth += 1;
      if (depth > DEEPEST_TREE) {
        throw new FeelError('feel_syntax', 'nested too deeply');
      }
    },
    leave() {
      depth -= 1;
    },
  });
}

// -- what a text refers to -----------------------------------------------------------------------------------------

/**
 * The dotted names that a text takes from outside, the types that it names, and the functions that nobody defines.
 * Inside a filter a name may be the item's or the outer one: it is listed.
 */
export function references(written, kind, shape = null, shapeKey = '') {
  const { tree, text } = compile(written, kind, shape, shapeKey);
  const found = { names: new Set(), types: new Set(), unknownFunctions: new Set(), external: false };
  visit(tree.topNode, text, new Set(), found);
  return found;
}

const children = (node) => {
  const result = [];
  for (let next = node.firstChild; next; next = next.nextSibling) {
    result.push(next);
  }
  return result;
};

const nameOf = (node, text) =>
  text
    .slice(node.from, node.to)
    .replace(/^`|`$/g, '')
    .replace(/\s+/g, ' ')
    .trim();

function visit(node, text, bound, found) {
  const visitor = VISITORS[node.name];
  if (visitor) {
    visitor(node, text, bound, found);
  } else {
    children(node).forEach((each) => visit(each, text, bound, found));
  }
}

/** [root, path...] of a chain of names, or null where the chain starts with something else. */
function chain(node, text) {
  if (node.name === 'VariableName') {
    return [nameOf(node, text)];
  }
  if (node.name !== 'PathExpression') {
    return null;
  }
  const head = chain(node.firstChild, text);
  return head && [...head, nameOf(node.lastChild, text)];
}

function addName(names, bound, found) {
  if (!bound.has(names[0])) {
    found.names.add(names.join('.'));
  }
}

function visitLoop(node, text, bound, found) {
  const inner = new Set(bound).add('partial');
  for (const each of children(node)) {
    if (each.name === 'InExpressions') {
      for (const source of children(each).filter((part) => part.name === 'InExpression')) {
        visit(source.lastChild, text, inner, found);
        inner.add(nameOf(source.firstChild, text));
      }
    } else {
      visit(each, text, inner, found);
    }
  }
}

const VISITORS = {
  VariableName(node, text, bound, found) {
    const name = nameOf(node, text);
    if (!Object.hasOwn(builtins, name)) {
      addName([name], bound, found);
    }
  },
  PathExpression(node, text, bound, found) {
    const names = chain(node, text);
    if (names) {
      addName(names, bound, found);
    } else {
      visit(node.firstChild, text, bound, found);
    }
  },
  FunctionInvocation(node, text, bound, found) {
    const target = node.firstChild;
    if (target.name === 'VariableName') {
      const name = nameOf(target, text);
      if (!Object.hasOwn(builtins, name) && !bound.has(name)) {
        found.unknownFunctions.add(name);
      }
    } else {
      visit(target, text, bound, found);
    }
    children(node)
      .slice(1)
      .forEach((each) => visit(each, text, bound, found));
  },
  NamedParameter(node, text, bound, found) {
    visit(node.lastChild, text, bound, found);
  },
  ForExpression: visitLoop,
  QuantifiedExpression: visitLoop,
  FilterExpression(node, text, bound, found) {
    visit(node.firstChild, text, bound, found);
    const inner = new Set(bound).add('item');
    children(node)
      .slice(1)
      .forEach((each) => visit(each, text, inner, found));
  },
  Context(node, text, bound, found) {
    const inner = new Set(bound);
    for (const each of children(node).filter((part) => part.name === 'ContextEntry')) {
      const name = nameOf(each.firstChild, text).replace(/^"|"$/g, '');
      // a function may call itself
      const known = each.lastChild.name === 'FunctionDefinition' ? new Set(inner).add(name) : inner;
      visit(each.lastChild, text, known, found);
      inner.add(name);
    }
  },
  FunctionDefinition(node, text, bound, found) {
    const inner = new Set(bound);
    for (const each of children(node)) {
      if (each.name === 'FormalParameters') {
        children(each).forEach((parameter) => inner.add(nameOf(parameter.firstChild, text)));
      } else if (each.name === 'external') {
        found.external = true;
      } else if (each.name === 'FunctionBody') {
        visit(each, text, inner, found);
      }
    }
  },
  QualifiedName(node, text, bound, found) {
    found.types.add(nameOf(node, text));
  },
};
