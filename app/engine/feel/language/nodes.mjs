/**
 * The meaning of the syntax tree's nodes where it differs from feelin's. A node becomes a function of a scope.
 */
import { fromText } from './decimals.mjs';
import { isInstance } from './types.mjs';
import { RANGE_ENTRY, single, tagged } from './scopes.mjs';
import { stringLiteral } from './text.mjs';
import { property, variable } from './nodes/names.mjs';
import { arithmetic } from './nodes/arithmetic.mjs';
import {
  Verdict,
  comparison,
  connective,
  interval,
  parenthesized,
  positiveUnaryTest,
  positiveUnaryTests,
  unaryComparison,
  unaryTests,
} from './nodes/logic.mjs';
import { forExpression, iteration, quantified } from './nodes/loops.mjs';
import { contextLiteral, filter, functionDefinition, invocation, list } from './nodes/collections.mjs';

const NODES = {
  VariableName: variable,
  BacktickIdentifier: (node) => node.input.slice(1, -1),
  PathName: (node, args) => args.join(' '),
  PathExpression: (node, [target, , name]) => tagged((scope) => property(target(scope), name), 'any'),
  NumericLiteral: (node) => constant(fromText(node.input.replace(/\s+/g, '')), 'number'),
  StringLiteral: (node) => constant(stringLiteral(node.input), 'string'),
  ParenthesizedExpression: parenthesized,
  ArithOp: (node) => node.input,
  ArithmeticExpression: arithmetic,
  CompareOp: (node) => ({ operator: node.input }),
  Comparison: comparison,
  Conjunction: connective(false),
  Disjunction: connective(true),
  IfExpression: (node, args) => {
    const type = args[3].type === args[5]?.type ? args[3].type : 'any';
    return tagged(
      (scope) => (single(args[1](scope)) === true ? args[3](scope) : args[5] ? args[5](scope) : null),
      type,
    );
  },
  '?': () => (scope) => scope['?'] ?? null,
  IterationContext: iteration,
  InExpression: (node, args) => ({ name: args[0], read: args[2] }),
  InExpressions: (node, args) => args.filter((each) => typeof each === 'object'),
  ForExpression: forExpression,
  some: () => 'some',
  every: () => 'every',
  QuantifiedExpression: quantified,
  FilterExpression: filter,
  List: list,
  Context: contextLiteral,
  ContextEntry: (node, args) => ({ key: args[0], read: args[1] }),
  FormalParameter: (node, args) => ({ name: args[0], type: args.find((each) => each?.kind) }),
  FunctionDefinition: functionDefinition,
  FunctionInvocation: invocation,
  ContextType: (node, args) => contextType(args.find(Array.isArray) ?? []),
  ArgumentTypes: (node, args) => ({ parameters: args.map((type) => ({ type })) }),
  ArgumentType: (node, args) => args[0],
  FunctionType: (node, args) => ({
    kind: 'function',
    parameters: args.find((each) => each?.parameters)?.parameters ?? [],
    result: args.at(-1)?.kind ? args.at(-1) : null,
  }),
  QualifiedName: (node) => ({ kind: 'name', name: node.input.replace(/\s+/g, ' ').trim() }),
  InstanceOfExpression: (node, args) => tagged((scope) => isInstance(args[0](scope), args[3]), 'test'),
  Interval: interval,
  SimplePositiveUnaryTest: unaryComparison,
  PositiveUnaryTest: positiveUnaryTest,
  PositiveUnaryTests: positiveUnaryTests,
  Wildcard: () => () => new Verdict(true),
  UnaryTests: unaryTests,
};

const contextType = (entries) =>
  entries[0]?.name === RANGE_ENTRY ? { kind: 'range', element: entries[0].type } : { kind: 'context', entries };

const constant = (value, type) => Object.assign(() => value, { type, constantValue: value });

/** Called for every node of a tree in place of feelin's own evaluation. */
export function buildNode(node, args, interpreterContext, feelinNode) {
  const own = Object.hasOwn(NODES, node.name) ? NODES[node.name] : null;
  return own ? own(node, args) : feelinNode(node, args, interpreterContext);
}
