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
const TOKEN = new RegExp(
  String.raw`[ \t\n\r]*(?:(${STRING})|(${NUMBER})(?![\w.])|(null|true|false|NaN|-?Infinity)(?!\w)|([[\]{}:,]))`,
  'y',
);
const END = /[ \t\n\r]*$/y;

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
  #string: string | undefined;
  #number: string | undefined;
  #word: string | undefined;
  #mark: string | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): PythonJson {
    this.#next();
    return this.#current(depth);
  }

  end(): void {
    END.lastIndex = this.#position;
    if (!END.test(this.#text)) throw this.#error();
  }

  #current(depth: number): PythonJson {
    if (this.#string !== undefined) return JSON.parse(this.#string) as string;
    if (this.#number !== undefined) return toNumber(this.#number);
    if (this.#word !== undefined) return WORDS.get(this.#word) as PythonJson;
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
      if (this.#string === undefined) throw this.#error();
      const name = JSON.parse(this.#string) as string;
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
    TOKEN.lastIndex = this.#position;
    const match = TOKEN.exec(this.#text);
    if (!match) throw this.#error();
    this.#position = TOKEN.lastIndex;
    [, this.#string, this.#number, this.#word, this.#mark] = match;
  }

  #expect(mark: string): void {
    if (this.#mark !== mark) throw this.#error();
  }

  #error(): SyntaxError {
    return new SyntaxError(`unexpected text in JSON before position ${this.#position}`);
  }
}

function toNumber(text: string): PythonJson {
  if (/[.eE]/.test(text)) return new PythonFloat(Number(text));
  const number = Number(text);
  // Python has no negative zero among its integers.
  return Number.isSafeInteger(number) ? number + 0 : BigInt(text);
}
