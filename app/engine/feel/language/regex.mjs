/** XPath regular expressions (DMN 10.3.4.3) on V8's: what XPath does not know is refused, what V8 writes differently is rewritten. */
import { blockRange } from './unicode_blocks.mjs';

const NAME_START =
  ':A-Z_a-z\\u00C0-\\u00D6\\u00D8-\\u00F6\\u00F8-\\u02FF\\u0370-\\u037D\\u037F-\\u1FFF\\u200C\\u200D\\u2070-\\u218F\\u2C00-\\u2FEF\\u3001-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFFD';
const NAME_PART = `${NAME_START}\\-.0-9\\u00B7\\u0300-\\u036F\\u203F-\\u2040`;
/** XPath's character escapes and what they match: not those of JavaScript, which knows other spaces and letters. */
const SETS = {
  s: ['\\t\\n\\r ', false],
  d: ['\\p{Nd}', false],
  w: ['\\p{P}\\p{Z}\\p{C}', true],
  i: [NAME_START, false],
  c: [NAME_PART, false],
};
const CATEGORY = /^\{(L[ultmo]?|M[cen]?|N[dlo]?|P[cdseifo]?|Z[slp]?|S[mcko]?|C[cfon]?)\}/;
const BLOCK = /^\{Is([A-Za-z0-9-]+)\}/;
const SINGLE = /[nrt\\|.?*+(){}\-[\]^$]/;
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
  const own = `${flags.includes('i') ? 'i' : ''}v${global ? 'g' : ''}`;
  try {
    const source = flags.includes('q') ? text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&') : translate(text, flags);
    return new RegExp(source, own);
  } catch {
    return null;
  }
}

function translate(text, flags) {
  const reader = {
    text: flags.includes('x') ? withoutSpace(text) : text,
    at: 0,
    flags,
    /** numbers of the groups that are open, and of those that are closed: only these can be referred to */
    open: [],
    closed: new Set(),
    groups: 0,
  };
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
      // the space goes first: a backslash belongs to the sign behind it
      const escaped = /^[\t\n\r ]*(.?)/s.exec(text.slice(at + 1));
      result += symbol + escaped[1];
      at += escaped[0].length;
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
    return /\d/.test(reader.text[reader.at + 1] ?? '') ? backReference(reader) : escape(reader, false);
  }
  reader.at += 1;
  return OUTSIDE[symbol]?.(reader) ?? (symbol === '/' ? '\\/' : symbol);
}

/** Signs that XPath and V8 read differently. XPath's lines end with a line feed alone. */
const OUTSIDE = {
  '.': ({ flags }) => (flags.includes('s') ? '[\\s\\S]' : '[^\\n\\r]'),
  '^': ({ flags }) => (flags.includes('m') ? '(?:^|(?<=\\n)(?!$))' : '^'),
  $: ({ flags }) => (flags.includes('m') ? '(?=\\n|$)' : '$'),
  '(': openGroup,
  ')'(reader) {
    const group = reader.open.pop();
    if (group) {
      reader.closed.add(group);
    }
    return ')';
  },
};

function openGroup(reader) {
  if (reader.text[reader.at] !== '?') {
    reader.groups += 1;
    reader.open.push(reader.groups);
    return '(';
  }
  if (reader.text[reader.at + 1] !== ':') {
    throw new SyntaxError('XPath has no look-around and no named groups');
  }
  reader.at += 2;
  reader.open.push(0);
  return '(?:';
}

/** \12 is group 12 if there is one before, else group 1 and the digit 2; a group is referred to behind its end only. */
function backReference(reader) {
  let digits = /^\d+/.exec(reader.text.slice(reader.at + 1))[0];
  while (digits.length > 1 && Number(digits) > reader.groups) {
    digits = digits.slice(0, -1);
  }
  if (!reader.closed.has(Number(digits))) {
    throw new SyntaxError('a reference to no group');
  }
  reader.at += 1 + digits.length;
  return `(?:\\${digits})`;
}

function escape(reader, inside) {
  const symbol = reader.text[reader.at + 1] ?? '';
  reader.at += 2;
  const set = SETS[symbol.toLowerCase()];
  if (set) {
    const [members, without] = set;
    return `[${(symbol !== symbol.toLowerCase()) === without ? '' : '^'}${members}]`;
  }
  if (symbol === 'p' || symbol === 'P') {
    return property(reader, symbol === 'P', inside);
  }
  if (!symbol || !SINGLE.test(symbol)) {
    throw new SyntaxError('an escape that XPath does not know');
  }
  return symbol === '-' && !inside ? '-' : `\\${symbol}`;
}

function property(reader, negated, inside) {
  const rest = reader.text.slice(reader.at);
  const category = CATEGORY.exec(rest);
  if (category) {
    reader.at += category[0].length;
    const written = `\\${negated ? 'P' : 'p'}${category[0]}`;
    // capital letters stay capital ones where case does not matter otherwise
    return reader.flags.includes('i') && !inside ? `(?-i:${written})` : written;
  }
  const block = BLOCK.exec(rest);
  const range = block && blockRange(block[1]);
  if (!range) {
    throw new SyntaxError('an unknown category or block');
  }
  reader.at += block[0].length;
  return `[${negated ? '^' : ''}${range}]`;
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
  return /[(){}/|&!#%*+,.:;<=>?@`~^$]/.test(symbol) ? `\\${symbol}` : symbol;
}
