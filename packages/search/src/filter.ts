import { quote, SearchSyntaxError } from './error.ts';
import { type Identifier, readIdentifier, unquote } from './identifier.ts';
import { type Token, tokenize } from './lexer.ts';
import { type TargetName, targets } from './targets.ts';
import type { Clause, TraceClause, TraceMetricClause } from './tree.ts';

/** Caps that no honest filter reaches; without them one request could hold the server for seconds. */
export const MOST_CHARACTERS = 50_000;
export const MOST_CLAUSES = 200;

const NUMBER_COMPARATORS: readonly string[] = ['=', '!=', '>', '>=', '<', '<='];
const TEXT_COMPARATORS: readonly string[] = ['=', '!=', 'LIKE', 'ILIKE'];
const ORDERING: readonly string[] = ['>', '>=', '<', '<='];
const WORD_COMPARATORS = new Set(['LIKE', 'ILIKE', 'IN', 'NOT', 'IS', 'RLIKE']);

type AnyClause = Clause | TraceClause | TraceMetricClause;

/**
 * MLflow's filter language: comparisons joined by AND.
 *
 * @returns the clauses, all of which must hold; none for an absent or empty filter.
 * @throws SearchSyntaxError and nothing else, whatever the text.
 *
 * @example
 * parseFilter('runs', "metrics.loss < 0.1 AND params.model = 'cnn'")
 */
export function parseFilter(target: 'traces', text: string | undefined): readonly TraceClause[];
export function parseFilter(target: 'trace metrics', text: string | undefined): readonly TraceMetricClause[];
export function parseFilter(
  target: Exclude<TargetName, 'traces' | 'trace metrics'>,
  text: string | undefined,
): readonly Clause[];
export function parseFilter(target: TargetName, text: string | undefined): readonly AnyClause[];
export function parseFilter(target: TargetName, text: string | undefined): readonly AnyClause[] {
  if (text === undefined || text === '') return [];
  if (text.length > MOST_CHARACTERS) {
    throw new SearchSyntaxError(
      `The filter has ${text.length} characters, at most ${MOST_CHARACTERS} are allowed.`,
      0,
      text.length,
    );
  }
  const tokens = new Tokens(tokenize(text), text);
  if (tokens.peek().kind === 'end')
    throw new SearchSyntaxError('The filter is blank. Leave it out to search all.', 0, text.length);
  const clauses: AnyClause[] = [];
  do {
    // A trailing AND is accepted, as MLflow does.
    if (clauses.length > 0 && tokens.peek().kind === 'end') break;
    if (clauses.length === MOST_CLAUSES)
      throw tokens.fail(tokens.peek(), `The filter has more than ${MOST_CLAUSES} clauses`);
    clauses.push(readClause(target, tokens));
  } while (tokens.takeWord('AND'));
  const rest = tokens.peek();
  if (rest.kind !== 'end') throw tokens.fail(rest, explainRest(rest));
  return clauses;
}

function explainRest(token: Token): string {
  if (isWord(token, 'OR')) return 'OR is not supported: clauses are joined by AND. Search once for each';
  if (token.text === ';') return 'Only one expression is allowed; remove the semicolon';
  return `Expected AND or the end of the filter, found ${quote(token.text)}`;
}

const isWord = ({ kind, text }: Token, word: string) => kind === 'word' && text.toUpperCase() === word;

class Tokens {
  readonly #tokens: readonly Token[];
  readonly #text: string;
  #at = 0;

  constructor(tokens: readonly Token[], text: string) {
    this.#tokens = tokens;
    this.#text = text;
  }

  peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)]!;
  }

  next(): Token {
    const token = this.peek();
    this.#at++;
    return token;
  }

  takeWord(word: string): boolean {
    if (!isWord(this.peek(), word)) return false;
    this.#at++;
    return true;
  }

  slice(from: number, to: number): string {
    return this.#text.slice(from, to);
  }

  fail({ from, to, kind }: Token, message: string): SearchSyntaxError {
    const where = kind === 'end' ? 'at the end' : `at position ${from}`;
    return new SearchSyntaxError(`Invalid filter: ${message} (${where}).`, from, Math.max(to - from, 1));
  }
}

function readClause(target: TargetName, tokens: Tokens): AnyClause {
  const { name, identifier } = readName(target, tokens);
  const { token, comparator } = readComparator(tokens);
  const { entity, key } = identifier;
  if (comparator === 'IS NULL' || comparator === 'IS NOT NULL') {
    if (!identifier.nulls)
      throw tokens.fail(token, `IS NULL and IS NOT NULL are not supported for ${describe(identifier)}`);
    return { entity, key, comparator, from: name.from, to: token.to } as Clause;
  }
  const isList = comparator === 'IN' || comparator === 'NOT IN';
  const allowed =
    identifier.comparators ?? (identifier.value === 'number' ? NUMBER_COMPARATORS : TEXT_COMPARATORS);
  if (isList ? !identifier.lists : !allowed.includes(comparator)) {
    const choice = [
      ...allowed,
      ...(identifier.lists ? ['IN', 'NOT IN'] : []),
      ...(identifier.nulls ? ['IS NULL', 'IS NOT NULL'] : []),
    ];
    throw tokens.fail(
      token,
      `Invalid comparator ${quote(comparator)} for ${describe(identifier)}. Use one of ${choice.join(', ')}`,
    );
  }
  const { value, to } = isList
    ? readList(tokens)
    : identifier.value === 'number' || (identifier.value === 'either' && ORDERING.includes(comparator))
      ? readNumber(tokens, identifier)
      : readText(tokens, identifier);
  return { entity, key, comparator, value, from: name.from, to } as Clause;
}

const describe = ({ entity, key }: Identifier) => `${entity} ${quote(key)}`;

/** `run name` is an attribute of two words. */
function readName(target: TargetName, tokens: Tokens) {
  const first = tokens.next();
  const second = tokens.peek();
  const spaced = isWord(second, 'NAME') && /^(?:\w+\.)?[Rr]un$/.test(first.text);
  const name = spaced ? { ...first, text: tokens.slice(first.from, second.to), to: second.to } : first;
  if (spaced) tokens.next();
  if (isWord(first, 'NOT'))
    throw tokens.fail(first, 'NOT is not supported before a clause. Use !=, NOT IN or IS NOT NULL');
  if (first.text === '(')
    throw tokens.fail(first, 'Parentheses around clauses are not supported. Join clauses by AND');
  if (first.kind !== 'word' && !(first.kind === 'string' && first.text.startsWith('"'))) {
    const found = first.kind === 'end' ? 'nothing' : quote(first.text);
    throw tokens.fail(first, `Expected a name such as metrics.loss or params.model, found ${found}`);
  }
  const identifier = readIdentifier(targets[target], name);
  if (identifier.onlyOrders)
    throw tokens.fail(first, `${quote(name.text)} can be ordered by, but not searched for`);
  return { name, identifier };
}

function readComparator(tokens: Tokens): { readonly token: Token; readonly comparator: string } {
  const token = tokens.next();
  if (token.kind === 'operator') return { token, comparator: token.text };
  const word = token.kind === 'word' ? token.text.toUpperCase() : '';
  if (word === 'NOT' && tokens.takeWord('IN')) return { token, comparator: 'NOT IN' };
  if (word === 'IS') {
    const isNot = tokens.takeWord('NOT');
    const last = tokens.next();
    if (isWord(last, 'NULL'))
      return { token: { ...token, to: last.to }, comparator: isNot ? 'IS NOT NULL' : 'IS NULL' };
    throw tokens.fail(last, `Expected NULL after IS${isNot ? ' NOT' : ''}, found ${quote(last.text)}`);
  }
  if (WORD_COMPARATORS.has(word) && word !== 'NOT') return { token, comparator: word };
  const found = token.kind === 'end' ? 'nothing' : quote(token.text);
  throw tokens.fail(token, `Expected a comparator such as =, !=, >, LIKE or IN, found ${found}`);
}

function readNumber(tokens: Tokens, identifier: Identifier) {
  const token = tokens.next();
  if (identifier.whole && (token.kind === 'string' || token.kind === 'number')) {
    const text = unquote(token.text);
    if (/^\s*[+-]?\d{1,15}\s*$/.test(text)) return { value: Number(text), to: token.to };
    throw tokens.fail(
      token,
      `Expected a whole number for ${describe(identifier)}, found ${quote(token.text)}`,
    );
  }
  if (token.kind !== 'number') {
    const hint = token.kind === 'string' ? 'Write the number without quotes' : 'Give a number';
    throw tokens.fail(
      token,
      `Expected a number for ${describe(identifier)}, found ${quote(token.text)}. ${hint}`,
    );
  }
  const value = Number(token.text);
  if (!Number.isFinite(value)) throw tokens.fail(token, `The number ${quote(token.text)} is too large`);
  const isWhole = /^[+-]?\d+$/.test(token.text);
  if (identifier.entity === 'attribute' && isWhole && !Number.isSafeInteger(value)) {
    const exact = BigInt(token.text.replace('+', ''));
    if (BigInt.asIntN(64, exact) !== exact)
      throw tokens.fail(token, `The number ${quote(token.text)} does not fit in 64 bits`);
    return { value: exact, to: token.to };
  }
  return { value, to: token.to };
}

function readText(tokens: Tokens, identifier: Identifier) {
  const token = tokens.next();
  if (token.kind !== 'string' && !(token.kind === 'word' && /^`[^`]*`$/.test(token.text))) {
    const found = token.kind === 'end' ? 'nothing' : quote(token.text);
    throw tokens.fail(
      token,
      `Expected a quoted string value for ${describe(identifier)}, such as 'my-value', found ${found}`,
    );
  }
  return { value: unquote(token.text), to: token.to };
}

function readList(tokens: Tokens) {
  const open = tokens.next();
  if (open.text !== '(')
    throw tokens.fail(open, `Expected a list such as ('a', 'b'), found ${quote(open.text)}`);
  const value: string[] = [];
  for (;;) {
    const item = tokens.next();
    if (item.text === ')' && value.length > 0) return { value, to: item.to };
    if (item.kind !== 'string')
      throw tokens.fail(
        item,
        `Expected a quoted string in the list, found ${quote(item.text)}. A list looks like ('a', 'b') and is not empty`,
      );
    value.push(unquote(item.text));
    const after = tokens.next();
    if (after.text === ')') return { value, to: after.to };
    if (after.text !== ',')
      throw tokens.fail(after, `Expected a comma or ) in the list, found ${quote(after.text)}`);
  }
}
