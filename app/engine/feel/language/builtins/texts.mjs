/** Functions of texts (DMN 10.3.4.3). */
import { pattern } from '../regex.mjs';
import { FeelError, LONGEST_TEXT, limitList, limitText } from '../state.mjs';
import { define, isNull } from './declare.mjs';

define('string length', ['string:string'], (text) => Array.from(text).length);
define('upper case', ['string:string'], (text) => text.toUpperCase());
define('lower case', ['string:string'], (text) => text.toLowerCase());
define('contains', ['string:string', 'match:string'], (text, match) => text.includes(match));
define('starts with', ['string:string', 'match:string'], (text, match) => text.startsWith(match));
define('ends with', ['string:string', 'match:string'], (text, match) => text.endsWith(match));
define('trim', ['string:string'], (text) => text.trim());
define('is blank', ['string:string'], (text) => text.trim() === '');

define('substring', ['string:string', 'start position:number', 'length?:number'], (text, start, length) => {
  const symbols = Array.from(text);
  const from = Math.trunc(start) < 0 ? symbols.length + Math.trunc(start) : Math.trunc(start) - 1;
  if (
    Math.trunc(start) === 0 ||
    from < 0 ||
    (from >= symbols.length && symbols.length > 0) ||
    (length !== undefined && Math.trunc(length) < 1)
  ) {
    return undefined;
  }
  return symbols.slice(from, length === undefined ? undefined : from + Math.trunc(length)).join('');
});
define('substring before', ['string:string', 'match:string'], (text, match) => {
  const at = text.indexOf(match);
  return at < 0 ? '' : text.slice(0, at);
});
define('substring after', ['string:string', 'match:string'], (text, match) => {
  const at = text.indexOf(match);
  return at < 0 ? '' : text.slice(at + match.length);
});

define('matches', ['input:string', 'pattern:string', 'flags??:string'], (input, text, flags) =>
  pattern(text, flags ?? '')?.test(input));
define('extract', ['string:string', 'pattern:string'], (input, text) => {
  const compiled = pattern(text, '', true);
  return compiled ? limitList(Array.from(input.matchAll(compiled), (match) => match[0])) : undefined;
});
define('split', ['string:string', 'delimiter:string'], (text, delimiter) => {
  const compiled = delimiter === '' ? null : pattern(delimiter);
  return compiled ? limitList(splitBy(text, compiled)) : undefined;
});

// JavaScript's split puts the groups of the pattern into the result
function splitBy(text, compiled) {
  const parts = [];
  let start = 0;
  for (const match of text.matchAll(new RegExp(compiled.source, `${compiled.flags}g`))) {
    parts.push(text.slice(start, match.index));
    start = match.index + match[0].length;
  }
  return [...parts, text.slice(start)];
}

define('replace', ['input:string', 'pattern:string', 'replacement:string', 'flags??:string'], (
  input,
  text,
  replacement,
  flags,
) => {
  const compiled = pattern(text, flags ?? '', true);
  const pieces = (flags ?? '').includes('q') ? [replacement] : replacementPieces(replacement);
  if (!compiled || !pieces || pattern(text, flags ?? '').test('')) {
    return undefined;
  }
  let length = input.length;
  return input.replace(compiled, (match, ...groups) => {
    const named = groups.filter((group) => typeof group !== 'object' || group === null || group === undefined);
    const captured = named.slice(
      0,
      named.findIndex((group) => typeof group === 'number'),
    );
    const result = pieces
      .map((piece) => (typeof piece === 'string' ? piece : piece === 0 ? match : groupText(captured, piece)))
      .join('');
    length += result.length;
    if (length > LONGEST_TEXT) {
      throw new FeelError('feel_size', 'a text grew too long');
    }
    return result;
  });
});

/** $12 means group 12 if there is one, else group 1 and the digit 2 (XPath fn:replace). */
function groupText(captured, number) {
  const digits = String(number);
  for (let used = digits.length; used > 0; used -= 1) {
    const group = Number(digits.slice(0, used));
    if (group <= captured.length) {
      return (group === 0 ? '' : (captured[group - 1] ?? '')) + digits.slice(used);
    }
  }
  return digits.slice(1);
}

/** Split a replacement into texts and group numbers; null where XPath calls it an error. */
function replacementPieces(replacement) {
  const pieces = [];
  for (let at = 0; at < replacement.length; at += 1) {
    const symbol = replacement[at];
    const next = replacement[at + 1] ?? '';
    if (symbol === '\\') {
      if (next !== '\\' && next !== '$') {
        return null;
      }
      pieces.push(next);
      at += 1;
    } else if (symbol === '$') {
      const digits = /^\d+/.exec(replacement.slice(at + 1))?.[0];
      if (!digits) {
        return null;
      }
      pieces.push(Number(digits));
      at += digits.length;
    } else {
      pieces.push(symbol);
    }
  }
  return pieces;
}

define('string join', ['list:list', 'delimiter??:string', 'prefix??:string', 'suffix??:string'], (
  list,
  delimiter,
  prefix,
  suffix,
) => {
  const half = prefix !== undefined && suffix === undefined;
  if (half || list.some((item) => !isNull(item) && typeof item !== 'string')) {
    return undefined;
  }
  return limitText(`${prefix ?? ''}${list.filter((item) => !isNull(item)).join(delimiter ?? '')}${suffix ?? ''}`);
});
