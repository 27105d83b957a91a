import { quote, SearchSyntaxError } from './error.ts';

export type TokenKind = 'word' | 'string' | 'number' | 'operator' | 'punctuation' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** As it stands in the text, quotes included. */
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

const SPACE = /\s/;
const WORD_START = /[\p{L}_]/u;
const WORD_PART = /[\p{L}\p{N}\p{M}_\-/:@$]/u;
const DIGIT = /[0-9]/;
const OPERATORS = ['>=', '<=', '!=', '<>', '==', '=', '>', '<'] as const;

/**
 * Cuts a filter into tokens, as an SQL lexer would. An identifier is one word: `metrics.loss`, `` tags.`a b` ``,
 * `params."x"`, `params.'x'`; only its first dot separates. Each character is looked at once.
 *
 * @throws SearchSyntaxError on an unclosed quote or a character that starts nothing.
 */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const from = at;
    const char = charAt(text, at);
    let kind: TokenKind;
    if (SPACE.test(char)) {
      at++;
      continue;
    }
    if (char === "'" || char === '"') {
      at = endOfQuoted(text, at);
      // `"a b".c` does not exist, but `"key"` alone may be a name or a value: who reads it decides.
      kind = 'string';
    } else if (char === '`' || WORD_START.test(char)) {
      at = endOfWord(text, at);
      kind = 'word';
    } else if (startsNumber(text, at)) {
      at = endOfNumber(text, at);
      kind = 'number';
    } else if ('(),;'.includes(char)) {
      at++;
      kind = 'punctuation';
    } else {
      const operator = OPERATORS.find((known) => text.startsWith(known, at));
      if (operator === undefined) {
        throw new SearchSyntaxError(
          `Unexpected character ${quote(char)} at position ${at}.`,
          at,
          char.length,
        );
      }
      at += operator.length;
      kind = 'operator';
    }
    tokens.push({ kind, text: text.slice(from, at), from, to: at });
  }
  tokens.push({ kind: 'end', text: '', from: text.length, to: text.length });
  return tokens;
}

const charAt = (text: string, at: number) => String.fromCodePoint(text.codePointAt(at) ?? 0);

/** A quote after a backslash, or doubled, does not close; both stay in the value as written, as MLflow's lexer has it. */
function endOfQuoted(text: string, start: number): number {
  const mark = text[start];
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\' && text[at + 1] === mark && mark !== '`') at++;
    else if (text[at] === mark) {
      if (text[at + 1] !== mark || mark === '`') return at + 1;
      at++;
    }
  }
  throw new SearchSyntaxError(
    `The quote ${mark} at position ${start} is never closed.`,
    start,
    text.length - start,
  );
}

function endOfWord(text: string, start: number): number {
  let at = start;
  let dotted = false;
  while (at < text.length) {
    const char = charAt(text, at);
    if (char === '`') at = endOfQuoted(text, at);
    else if (char === '.') {
      dotted = true;
      at++;
      // A quoted key ends the name.
      if (text[at] === '"' || text[at] === "'") return endOfQuoted(text, at);
    } else if (WORD_PART.test(char) || (dotted && DIGIT.test(char))) at += char.length;
    else break;
  }
  return at;
}

const startsNumber = (text: string, at: number): boolean => {
  const next = text[at] === '-' || text[at] === '+' ? at + 1 : at;
  return DIGIT.test(text[next] ?? '') || (text[next] === '.' && DIGIT.test(text[next + 1] ?? ''));
};

function endOfNumber(text: string, start: number): number {
  let at = text[start] === '-' || text[start] === '+' ? start + 1 : start;
  const digits = () => {
    while (DIGIT.test(text[at] ?? '')) at++;
  };
  digits();
  if (text[at] === '.') {
    at++;
    digits();
  }
  if (text[at] === 'e' || text[at] === 'E') {
    const sign = text[at + 1] === '-' || text[at + 1] === '+' ? 1 : 0;
    if (DIGIT.test(text[at + 1 + sign] ?? '')) {
      at += 1 + sign;
      digits();
    }
  }
  return at;
}
