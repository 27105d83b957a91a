import { setImmediate as turn } from 'node:timers/promises';
import type { Db } from '../handles.ts';
import type { Compiled, Sql } from '../sql.ts';
import type { SqliteConnection } from '../sqlite/connection.ts';
import { isBusy } from '../sqlite/errors.ts';
import { changedNamed, concernsFolder, isSearch } from './aim.ts';
import type { Layout } from './layout.ts';
import { changedUnits, nextUnits, type UnitCursor } from './passes.ts';
import { FolderSync } from './sync.ts';
import { partsOf, type UnitKey } from './units.ts';

/** A pass over the whole folder that takes no longer is made for every search: nothing written before it is missed. */
const CHEAP_MS = 10;

/** The quickest of so many passes says what a pass takes: one that was held up must not make those after it rare. */
const COMPARED = 3;

/** A longer one takes at most this part of the time, one in so many: the rest of the searches answer from the index. */
const SHARE = 10;

/** What a search spends on looking whole at the next runs of those that a quick pass only glances at, in milliseconds. */
const SWEEP_MS = 15;

/** Units that are taken up in one transaction, between which others may write. */
const UNITS_PER_TRANSACTION = 100;

/** Reads that meet what others have written to the folder. */
export class FreshDb implements Db {
  readonly dialect = 'sqlite';
  readonly keepsInfinity = true;
  readonly #index: SqliteConnection;
  readonly #before: (statement: Compiled) => Promise<void>;

  constructor(index: SqliteConnection, before: (statement: Compiled) => Promise<void>) {
    this.#index = index;
    this.#before = before;
  }

  async all<Row>(query: Sql<Row>): Promise<Row[]> {
    await this.#before(query.compile('sqlite'));
    return this.#index.all(query);
  }

  async get<Row>(query: Sql<Row>): Promise<Row | undefined> {
    await this.#before(query.compile('sqlite'));
    return this.#index.get(query);
  }
}

/** Keeps the index fresh on a thread that answers searches: looks over the folder before it does. */
export class SearchFreshness {
  readonly #writer: SqliteConnection;
  readonly #sync: FolderSync;
  #lastEnd = Number.NEGATIVE_INFINITY;
  /** What the last few passes took, in milliseconds, but for the first over all files, which takes far longer. */
  #took: readonly number[] = [];
  #cursor: UnitCursor = { kind: '', id: '' };

  /** @param writer a connection of this thread's own. */
  constructor(writer: SqliteConnection, layout: Layout) {
    this.#writer = writer;
    this.#sync = new FolderSync(writer, layout);
  }

  async before(statement: Compiled): Promise<void> {
    const named = changedNamed(this.#sync, statement);
    if (named) takeUp(this.#writer, this.#sync, named);
    // What a search names is often what is sought, such as the parent of runs that nobody knows yet.
    if (named ? isSearch(statement.text) : concernsFolder(statement.text)) await this.#lookOver();
  }

  async #lookOver(): Promise<void> {
    const start = performance.now();
    const usual = this.#took.length === 0 ? 0 : Math.min(...this.#took);
    if (usual > CHEAP_MS && start - this.#lastEnd < usual * SHARE) return;
    const isDeep = !this.#sync.book.isSwept;
    takeUp(this.#writer, this.#sync, [...changedUnits(this.#writer, this.#sync, isDeep)]);
    if (isDeep) this.#writer.change('UPDATE bitacora_folder_root SET is_swept = 1');
    else this.#sweep(performance.now() + SWEEP_MS);
    this.#lastEnd = performance.now();
    const took = this.#lastEnd - start;
    if (!isDeep) this.#took = [took, ...this.#took].slice(0, COMPARED);
    // The statements of one request follow each other within a turn, and need no pass each.
    if (took <= CHEAP_MS) await turn();
  }

  #sweep(until: number): void {
    const changed: UnitKey[] = [];
    while (performance.now() < until) {
      const units = nextUnits(this.#writer, this.#cursor, 20);
      for (const unit of units) {
        const folder = this.#sync.folderOf(unit);
        if (folder === undefined || this.#sync.hasChanged(unit, folder, partsOf(unit.kind)))
          changed.push(unit);
      }
      this.#cursor = units.at(-1) ?? { kind: '', id: '' };
      // Once around is enough.
      if (units.length < 20) break;
    }
    takeUp(this.#writer, this.#sync, changed);
  }
}

/** Takes up what has changed, a few units at a time. */
export function takeUp(writer: SqliteConnection, sync: FolderSync, units: readonly UnitKey[]): void {
  if (units.length === 0) return;
  sync.startPass();
  for (let start = 0; start < units.length; start += UNITS_PER_TRANSACTION) {
    try {
      writer.exec('BEGIN IMMEDIATE');
    } catch (error) {
      // Somebody writes for very long: the answer is as old as the index, and the next search looks again.
      if (isBusy(error)) return;
      throw error;
    }
    try {
      for (const unit of units.slice(start, start + UNITS_PER_TRANSACTION)) sync.refresh(unit);
      writer.exec('COMMIT');
    } catch (error) {
      if (writer.isTransaction) writer.exec('ROLLBACK');
      throw error;
    }
  }
}
