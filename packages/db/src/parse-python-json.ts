import { PythonFloat } from './python-json.ts';

/** JSON as Python holds it: integers and floats apart, objects as maps that keep the order of their names. */
export type PythonJson =
  | null
  | boolean
  | string
  | number
  | bigint
  | PythonFloat
  | readonly PythonJson[]
  | ReadonlyMap<string, PythonJson>;

/** How deep JSON may nest here. Python itself gives up at about a thousand, protobuf's readers at a hundred. */
const MOST_NESTED = 200;

const WORDS = new Map<string, PythonJson>([
  ['null', null],
  ['true', true],
  ['false', false],
  ['NaN', new PythonFloat(Number.NaN)],
  ['Infinity', new PythonFloat(Number.POSITIVE_INFINITY)],
  ['-Infinity', new PythonFloat(Number.NEGATIVE_INFINITY)],
]);
// A string's plain stretches are taken whole: one step for each character would overflow on long ones. Control
// characters are not allowed in it.
const STRING = String.raw`"[^"\\\u0000-\u001f]*(?:\\.[^"\\\u0000-\u001f]*)*"`;
const NUMBER = String.raw`-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?`;
const STRING_HERE = new RegExp(STRING, 'y');
const NUMBER_OR_WORD_HERE = new RegExp(
  String.raw`${NUMBER}(?![\w.])|(?:null|true|false|NaN|-?Infinity)(?!\w)`,
  'y',
);
const QUOTE = 0x22;
/** The marks `[]{}:,` by their codes; anything else has none. */
const MARKS: readonly (string | undefined)[] = Array.from({ length: 128 }, (_, code) =>
  '[]{}:,'.includes(String.fromCharCode(code)) ? String.fromCharCode(code) : undefined,
);

/**
 * What Python's `json.loads` makes of a text: integers of any size exact, `1.0` no integer, `NaN` and `Infinity` known,
 * `__proto__` a name like any other.
 *
 * @throws SyntaxError where the text is not JSON or nests more than 200 levels deep.
 */
export function parsePythonJson(text: string): PythonJson {
  const reader = new Reader(text);
  const value = reader.value(0);
  reader.end();
  return value;
}

class Reader {
  readonly #text: string;
  #position = 0;
  /** What stands there now: one of the two. A mark alone says what it is, any other token by how it begins. */
  #token = '';
  #mark: string | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): PythonJson {
    this.#next();
    return this.#current(depth);
  }

  end(): void {
    if (this.#afterSpace() !== this.#text.length) throw this.#error();
  }

  #current(depth: number): PythonJson {
    if (this.#mark === undefined) {
      if (this.#token.charCodeAt(0) === QUOTE) return unquoted(this.#token);
      const word = WORDS.get(this.#token);
      return word === undefined ? toNumber(this.#token) : word;
    }
    if (depth >= MOST_NESTED) throw new SyntaxError(`JSON nests more than ${MOST_NESTED} levels deep`);
    if (this.#mark === '[') return this.#array(depth + 1);
    if (this.#mark === '{') return this.#object(depth + 1);
    throw this.#error();
  }

  #array(depth: number): PythonJson[] {
    const items: PythonJson[] = [];
    this.#next();
    if (this.#mark === ']') return items;
    for (;;) {
      items.push(this.#current(depth));
      this.#next();
      if (this.#mark === ']') return items;
      this.#expect(',');
      this.#next();
    }
  }

  #object(depth: number): Map<string, PythonJson> {
    const fields = new Map<string, PythonJson>();
    this.#next();
    if (this.#mark === '}') return fields;
    for (;;) {
      if (this.#mark !== undefined || this.#token.charCodeAt(0) !== QUOTE) throw this.#error();
      const name = unquoted(this.#token);
      this.#next();
      this.#expect(':');
      fields.set(name, this.value(depth));
      this.#next();
      if (this.#mark === '}') return fields;
      this.#expect(',');
      this.#next();
    }
  }

  #next(): void {
    const start = this.#afterSpace();
    const code = this.#text.charCodeAt(start);
    this.#mark = MARKS[code];
    if (this.#mark !== undefined) {
      this.#position = start + 1;
      return;
    }
    const kind = code === QUOTE ? STRING_HERE : NUMBER_OR_WORD_HERE;
    kind.lastIndex = start;
    if (!kind.test(this.#text)) throw this.#error();
    this.#position = kind.lastIndex;
    this.#token = this.#text.slice(start, this.#position);
  }

  #afterSpace(): number {
    let at = this.#position;
    for (let code = this.#text.charCodeAt(at); isSpace(code); code = this.#text.charCodeAt(at)) at++;
    return at;
  }

  #expect(mark: string): void {
    if (this.#mark !== mark) throw this.#error();
  }

  #error(): SyntaxError {
    return new SyntaxError(`unexpected text in JSON before position ${this.#position}`);
  }
}

const isSpace = (code: number) => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;

/** Most strings have no escapes: they stand in the text as they are. */
const unquoted = (token: string): string =>
  token.includes('\\') ? (JSON.parse(token) as string) : token.slice(1, -1);

function toNumber(text: string): PythonJson {
  if (/[.eE]/.test(text)) return new PythonFloat(Number(text));
  const number = Number(text);
  // Python has no negative zero among its integers.
  return Number.isSafeInteger(number) ? number + 0 : BigInt(text);
}
