import type { QueryConfig } from 'pg';
import { DatabaseUnavailable } from '../handles.ts';
import type { Compiled, SqlValue } from '../sql.ts';
import { arrayText } from './array-text.ts';
import { isPostgresqlError, translate } from './errors.ts';
import { numbered } from './numbered.ts';

/** Texts are few: each query is written once. Only lists of terms of a search make new ones. */
const KEPT_TEXTS = 2000;

/** What has come so often will come again. */
const OFTEN = 3;

/** Each name costs memory on every connection for as long as that is open. */
const MOST_NAMES = 300;

interface Text {
  readonly numbered: string;
  uses: number;
}

/**
 * Statements as the driver takes them. Those that come often get names: the engine then reads and plans each once to a
 * connection, half of its work for what we write most. A pooler that gives every transaction another connection may not
 * know the names; then none are used any more.
 */
export class Statements {
  readonly #texts = new Map<string, Text>();
  readonly #names = new Map<string, string>();
  readonly #named: 'all' | 'lookups';
  #isNaming = true;
  #generation = 1;

  /** @param named which statements may get names: a long search is better planned for its own values. */
  constructor({ named }: { readonly named: 'all' | 'lookups' }) {
    this.#named = named;
  }

  toQuery({ text, values, isLookup }: Compiled): QueryConfig {
    const known = this.#textOf(text);
    const query = { text: known.numbered, values: values.map(toValue) };
    const mayHaveName = this.#isNaming && (isLookup === true || this.#named === 'all');
    const name = mayHaveName ? this.#nameOf(known) : undefined;
    return name === undefined ? query : { ...query, name };
  }

  /**
   * What an error means; where a name was at fault, the work can be done again, and will be without it.
   *
   * @param follows whether the statement was sent behind one that failed: that may have been the one to bring the name,
   * and says nothing about whose connection it is.
   */
  translate(error: unknown, { follows = false }: { readonly follows?: boolean } = {}): unknown {
    if (!isPostgresqlError(error)) return translate(error);
    // 26000: there is no statement of this name; 42P05: there is one already. Ours are on another connection.
    if (error.code === '26000' || error.code === '42P05') {
      if (!follows) this.#isNaming = false;
      return again(error);
    }
    // A table has another shape since the statement was planned: under a new name it is planned anew.
    if (error.code === '0A000' && error.message.includes('cached plan')) {
      this.#names.clear();
      this.#generation++;
      return again(error);
    }
    return translate(error);
  }

  #nameOf({ numbered, uses }: Text): string | undefined {
    const known = this.#names.get(numbered);
    if (known !== undefined || uses < OFTEN || this.#names.size >= MOST_NAMES) return known;
    const name = `bitacora_${this.#generation}_${this.#names.size}`;
    this.#names.set(numbered, name);
    return name;
  }

  #textOf(text: string): Text {
    let known = this.#texts.get(text);
    if (known === undefined) {
      if (this.#texts.size >= KEPT_TEXTS) this.#texts.clear();
      known = { numbered: numbered(text), uses: 0 };
      this.#texts.set(text, known);
    }
    known.uses++;
    return known;
  }
}

/** Lists are written here, for which the driver takes four times as long. */
const toValue = (value: Compiled['values'][number]): SqlValue =>
  value !== null && typeof value === 'object' && !(value instanceof Uint8Array) ? arrayText(value) : value;

const again = (cause: Error) =>
  new DatabaseUnavailable('conflict', 'A prepared statement of PostgreSQL was lost. Try again.', { cause });
