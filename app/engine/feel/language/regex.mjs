/** XPath regular expressions (DMN 10.3.4.3) on V8's: what XPath does not know is refused, what V8 writes differently is rewritten. */

const NAME_START =
  ':A-Z_a-z\\u00C0-\\u00D6\\u00D8-\\u00F6\\u00F8-\\u02FF\\u0370-\\u037D\\u037F-\\u1FFF\\u200C\\u200D\\u2070-\\u218F\\u2C00-\\u2FEF\\u3001-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFFD';
const NAME_PART = `${NAME_START}\\-.0-9\\u00B7\\u0300-\\u036F\\u203F-\\u2040`;
const BLOCKS = {
  BasicLatin: '\\u0000-\\u007F',
  'Latin-1Supplement': '\\u0080-\\u00FF',
  LatinExtendedA: '\\u0100-\\u017F',
  Greek: '\\u0370-\\u03FF',
  Cyrillic: '\\u0400-\\u04FF',
};
const LONGEST_PATTERN = 1_000;
const KEPT = 200;
const cache = new Map();

/** A compiled pattern, or null when pattern or flags are not valid. `global` patterns are for replacing. */
export function pattern(text, flags = '', global = false) {
  if (text.length > LONGEST_PATTERN || /[^smixq]/.test(flags)) {
    return null;
  }
  const key = `${global}/${flags}/${text}`;
  let compiled = cache.get(key);
  if (compiled === undefined) {
    compiled = compile(text, flags, global);
    if (cache.size >= KEPT) {
      cache.clear();
    }
    cache.set(key, compiled);
  }
  if (compiled) {
    compiled.lastIndex = 0;
  }
  return compiled;
}

function compile(text, flags, global) {
  const own = [...new Set(flags)].filter((flag) => 'smi'.includes(flag)).join('');
  try {
    const source = flags.includes('q') ? text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&') : translate(text, flags);
    return new RegExp(source, `${own}v${global ? 'g' : ''}`);
  } catch {
    return null;
  }
}

function translate(text, flags) {
  const reader = { text: flags.includes('x') ? withoutSpace(text) : text, at: 0 };
  let result = '';
  while (reader.at < reader.text.length) {
    result += outside(reader);
  }
  return result;
}

function withoutSpace(text) {
  let depth = 0;
  let result = '';
  for (let at = 0; at < text.length; at += 1) {
    const symbol = text[at];
    if (symbol === '\\') {
      result += symbol + (text[at + 1] ?? '');
      at += 1;
      continue;
    }
    depth += symbol === '[' ? 1 : symbol === ']' ? -1 : 0;
    result += depth === 0 && /[\t\n\r ]/.test(symbol) ? '' : symbol;
  }
  return result;
}

function outside(reader) {
  const symbol = reader.text[reader.at];
  if (symbol === '[') {
    return characterClass(reader);
  }
  if (symbol === '\\') {
    return escape(reader, false);
  }
  if (symbol === '(' && reader.text[reader.at + 1] === '?' && reader.text[reader.at + 2] !== ':') {
    throw new SyntaxError('XPath has no look-around and no named groups');
  }
  reader.at += 1;
  return symbol === '/' ? '\\/' : symbol;
}

function escape(reader, inside) {
  const symbol = reader.text[reader.at + 1];
  if (symbol === undefined) {
    throw new SyntaxError('a backslash at the end');
  }
  reader.at += 2;
  const sets = { i: NAME_START, c: NAME_PART };
  if (sets[symbol]) {
    return inside ? sets[symbol] : `[${sets[symbol]}]`;
  }
  if (sets[symbol.toLowerCase()]) {
    return `[^${sets[symbol.toLowerCase()]}]`;
  }
  const block = /^\{Is([A-Za-z0-9-]+)\}/.exec(reader.text.slice(reader.at));
  if ((symbol === 'p' || symbol === 'P') && block) {
    reader.at += block[0].length;
    return blockClass(block[1], symbol === 'P', inside);
  }
  if (/[bBzZAGQEkux]/.test(symbol) || symbol === '0') {
    throw new SyntaxError('an escape that XPath does not know');
  }
  return { d: '\\p{Nd}', D: '\\P{Nd}', '-': inside ? '\\-' : '-' }[symbol] ?? `\\${symbol}`;
}

function blockClass(name, negated, inside) {
  const block = BLOCKS[name];
  if (!block) {
    throw new SyntaxError('an unknown block');
  }
  return negated ? `[^${block}]` : inside ? block : `[${block}]`;
}

/** `[a-z-[aeiou]]` is written `[[a-z]--[aeiou]]` for V8. */
function characterClass(reader) {
  reader.at += 1;
  let negation = '';
  if (reader.text[reader.at] === '^') {
    negation = '^';
    reader.at += 1;
  }
  let body = '';
  while (reader.text[reader.at] !== ']') {
    const symbol = reader.text[reader.at];
    if (symbol === undefined) {
      throw new SyntaxError('a class without end');
    }
    if (symbol === '-' && reader.text[reader.at + 1] === '[') {
      reader.at += 1;
      const subtracted = characterClass(reader);
      if (reader.text[reader.at] !== ']') {
        throw new SyntaxError('nothing follows a subtraction');
      }
      reader.at += 1;
      return `[[${negation}${body}]--${subtracted}]`;
    }
    if (symbol === '[') {
      throw new SyntaxError('a bracket inside a class');
    }
    body += symbol === '\\' ? escape(reader, true) : literalInClass(reader, body);
  }
  reader.at += 1;
  if (!body) {
    throw new SyntaxError('an empty class');
  }
  return `[${negation}${body}]`;
}

function literalInClass(reader, body) {
  const symbol = String.fromCodePoint(reader.text.codePointAt(reader.at));
  const next = reader.text[reader.at + symbol.length];
  reader.at += symbol.length;
  if (symbol === '-') {
    return body === '' || next === ']' ? '\\-' : '-';
  }
  return /[()[\]{}/|&!#%*+,.:;<=>?@`~^$]/.test(symbol) ? `\\${symbol}`.replace(/\\([:;=<>,#%@`~!&])/, '\\$1') : symbol;
}
