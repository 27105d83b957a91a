/**
 * JSON as Python's `json` module reads and writes it. MLflow keeps some values as such text and compares hashes of it,
 * so the text must come out character by character as Python would write it: `1` and `1.0` differ, `1e-7` is `1e-07`,
 * `NaN` is a number, keys keep their order.
 */
export type PythonJson =
  | null
  | boolean
  | string
  | PythonNumber
  | readonly PythonJson[]
  | ReadonlyMap<string, PythonJson>;

export interface PythonNumber {
  readonly kind: 'integer' | 'float';
  /** As `json.dumps` writes it. */
  readonly text: string;
}

/** Deeper than honest data, and as deep as MySQL's own JSON goes. */
const MOST_DEPTH = 100;
/** Python refuses to read longer integers. */
const MOST_DIGITS = 4300;

/** @throws SyntaxError when the text is not JSON as Python takes it, or nests deeper than 100 levels. */
export function parsePythonJson(text: string): PythonJson {
  const reader = new Reader(text);
  const value = reader.value(0);
  reader.end();
  return value;
}

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /(-?(?:0|[1-9]\d*))(\.\d+)?([eE][-+]?\d+)?/y;
const WORD = /null|true|false|NaN|-?Infinity/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what JSON forbids within strings.
const PLAIN = /[^"\\\x00-\x1f]*/y;

const WORDS: ReadonlyMap<string, PythonJson> = new Map<string, PythonJson>([
  ['null', null],
  ['true', true],
  ['false', false],
  ['NaN', { kind: 'float', text: 'NaN' }],
  ['Infinity', { kind: 'float', text: 'Infinity' }],
  ['-Infinity', { kind: 'float', text: '-Infinity' }],
]);

const ESCAPES: Readonly<Record<string, string>> = {
  __proto__: null as never,
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): PythonJson {
    if (depth > MOST_DEPTH) throw new SyntaxError(`it nests deeper than ${MOST_DEPTH} levels`);
    this.#take(SPACE);
    const next = this.#text[this.#at];
    if (next === '"') return this.#string();
    if (next === '{') return this.#object(depth);
    if (next === '[') return this.#array(depth);
    const word = this.#take(WORD);
    if (word) return WORDS.get(word[0]) as PythonJson;
    const number = this.#take(NUMBER);
    if (number) return toNumber(number);
    throw this.#unexpected('a value');
  }

  end(): void {
    this.#take(SPACE);
    if (this.#at < this.#text.length) throw this.#unexpected('the end');
  }

  #object(depth: number): ReadonlyMap<string, PythonJson> {
    this.#at++;
    const entries = new Map<string, PythonJson>();
    if (this.#closes('}')) return entries;
    for (;;) {
      this.#take(SPACE);
      if (this.#text[this.#at] !== '"') throw this.#unexpected('a quoted key');
      const key = this.#string();
      this.#expect(':');
      // A key given twice keeps its place and takes the last value, as in Python.
      entries.set(key, this.value(depth + 1));
      if (this.#closes('}')) return entries;
      this.#expect(',');
    }
  }

  #array(depth: number): readonly PythonJson[] {
    this.#at++;
    const items: PythonJson[] = [];
    if (this.#closes(']')) return items;
    for (;;) {
      items.push(this.value(depth + 1));
      if (this.#closes(']')) return items;
      this.#expect(',');
    }
  }

  #string(): string {
    this.#at++;
    let result = '';
    for (;;) {
      result += this.#take(PLAIN)?.[0] ?? '';
      const mark = this.#text[this.#at++];
      if (mark === '"') break;
      if (mark !== '\\') throw this.#unexpected('the end of a string', 1);
      const letter = this.#text[this.#at++] ?? '';
      if (letter === 'u') {
        const digits = this.#text.slice(this.#at, this.#at + 4);
        if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw this.#unexpected('four hexadecimal digits');
        this.#at += 4;
        result += String.fromCharCode(Number.parseInt(digits, 16));
      } else {
        const char = ESCAPES[letter];
        if (char === undefined) throw this.#unexpected('an escape', 1);
        result += char;
      }
    }
    // It has no UTF-8 form, so no database could give it back unchanged.
    if (!result.isWellFormed()) throw new SyntaxError('a string holds half of a surrogate pair');
    return result;
  }

  #closes(mark: string): boolean {
    this.#take(SPACE);
    if (this.#text[this.#at] !== mark) return false;
    this.#at++;
    return true;
  }

  #expect(mark: string): void {
    this.#take(SPACE);
    if (this.#text[this.#at] !== mark) throw this.#unexpected(`'${mark}'`);
    this.#at++;
  }

  #take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match) this.#at += match[0].length;
    return match;
  }

  #unexpected(what: string, back = 0): SyntaxError {
    return new SyntaxError(`expected ${what} at position ${this.#at - back}`);
  }
}

function toNumber([text, whole = '', fraction, exponent]: RegExpExecArray): PythonNumber {
  if (fraction === undefined && exponent === undefined) {
    if (whole.length > MOST_DIGITS) throw new SyntaxError(`an integer has more than ${MOST_DIGITS} digits`);
    return { kind: 'integer', text: whole === '-0' ? '0' : whole };
  }
  return { kind: 'float', text: pythonFloat(Number(text)) };
}

/** A double as Python's `repr` writes it: the same shortest digits as JavaScript, with other limits for the exponent. */
export function pythonFloat(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const [mantissa = '', power = ''] = value.toExponential().split('e');
  const exponent = Number(power);
  if (exponent >= -4 && exponent < 16) {
    const text = String(value);
    return text.includes('.') ? text : `${text}.0`;
  }
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

/** As `json.dumps(value, sort_keys=…)`. */
export function printPythonJson(value: PythonJson, options: { readonly sortKeys?: boolean } = {}): string {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value === 'string') return pythonString(value);
  if ('kind' in value) return value.text;
  let text = '';
  if (!(value instanceof Map)) {
    for (const item of value as readonly PythonJson[])
      text += `${text === '' ? '' : ', '}${printPythonJson(item, options)}`;
    return `[${text}]`;
  }
  const entries: Iterable<[string, PythonJson]> = options.sortKeys
    ? [...value].sort(([left], [right]) => compareCodePoints(left, right))
    : value;
  for (const [key, item] of entries)
    text += `${text === '' ? '' : ', '}${pythonString(key)}: ${printPythonJson(item, options)}`;
  return `{${text}}`;
}

/** With everything but plain ASCII escaped. */
function pythonString(text: string): string {
  if (/^[ !#-[\]-~]*$/.test(text)) return `"${text}"`;
  return JSON.stringify(text).replace(
    /[\x7f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Python orders text by code point, JavaScript by UTF-16 unit: they differ from U+10000 on. */
function compareCodePoints(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const [a, b] = [left.charCodeAt(index), right.charCodeAt(index)];
    if (a !== b) return rank(a) - rank(b);
  }
  return left.length - right.length;
}

const rank = (unit: number) => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit);
