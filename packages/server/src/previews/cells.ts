/** What stands in a row of a page. */
export type Cell = null | boolean | number | bigint | string;

const MOST_CHARACTERS = 1_000;
const MOST_BYTES_SHOWN = 64;
const MOST_LEVELS = 20;

/** A value as it stands in a page: as it is where JSON has it, otherwise as text; long ones are cut. */
export function cellOf(value: unknown): Cell {
  if (value === null || value === undefined) return null;
  if (typeof value === 'boolean' || typeof value === 'bigint') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'string') return cutText(value);
  if (value instanceof Uint8Array) return bytesText(value);
  const text = new JsonText();
  text.add(value, 0);
  return text.finish();
}

export function cutText(text: string): string {
  return text.length <= MOST_CHARACTERS
    ? text.toWellFormed()
    : `${text.slice(0, MOST_CHARACTERS).toWellFormed()}… (${text.length} characters)`;
}

function bytesText(bytes: Uint8Array): string {
  const shown = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, MOST_BYTES_SHOWN));
  return `0x${shown.toString('hex')}${bytes.length > MOST_BYTES_SHOWN ? `… (${bytes.length} bytes)` : ''}`;
}

/** JSON text of a nested value, which ends when it is as long as a cell may be, however large the value is. */
class JsonText {
  #text = '';

  get #isFull(): boolean {
    return this.#text.length > MOST_CHARACTERS;
  }

  finish(): string {
    return this.#isFull
      ? `${this.#text.slice(0, MOST_CHARACTERS).toWellFormed()}…`
      : this.#text.toWellFormed();
  }

  add(value: unknown, level: number): void {
    if (this.#isFull) return;
    if (level > MOST_LEVELS) this.#text += '…';
    else if (Array.isArray(value)) this.#addAll('[', value, ']', (each) => this.add(each, level + 1));
    else if (value instanceof Map || isRecord(value)) {
      const entries = value instanceof Map ? value.entries() : Object.entries(value);
      this.#addAll('{', entries, '}', ([key, each]) => {
        this.#text += `${JSON.stringify(cellOf(key) === null ? 'null' : String(cellOf(key)))}: `;
        this.add(each, level + 1);
      });
    } else this.#text += leafText(value);
  }

  #addAll<Each>(open: string, values: Iterable<Each>, close: string, add: (each: Each) => void): void {
    this.#text += open;
    let isFirst = true;
    for (const each of values) {
      if (this.#isFull) return;
      if (!isFirst) this.#text += ', ';
      isFirst = false;
      add(each);
    }
    this.#text += close;
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !(value instanceof Uint8Array);

function leafText(value: unknown): string {
  const cell = cellOf(value);
  return typeof cell === 'string' ? JSON.stringify(cell) : String(cell);
}
