import { type Changes, DatabaseUnavailable, NotKept, type Tx, ValueRefused } from '../handles.ts';
import type { Insert } from '../insert.ts';
import type { Compiled, Sql, SqlValue } from '../sql.ts';
import type { SqliteConnection } from '../sqlite/connection.ts';
import { triggerMessage } from '../sqlite/errors.ts';
import type { Elsewhere } from '../sqlite/group-commit.ts';
import { changedNamed } from './aim.ts';
import type { Layout } from './layout.ts';
import { isCode } from './prints.ts';
import { FolderSync } from './sync.ts';
import { REFUSED_TABLE, REFUSED_VALUE, startTracking, untracked } from './track.ts';
import type { UnitKey } from './units.ts';
import { writeChanges } from './write-changes.ts';

/** The transaction of a file store: what it changes is in the folder before it is committed to the index. */
export class FolderTransaction implements Tx, Elsewhere {
  readonly dialect = 'sqlite';
  readonly keepsInfinity = true;
  readonly tx = this;
  readonly sync: FolderSync;
  readonly #index: SqliteConnection;
  #hasTakenUp = false;

  constructor(index: SqliteConnection, layout: Layout) {
    this.#index = index;
    this.sync = new FolderSync(index, layout);
    startTracking(index);
  }

  async all<Row>(query: Sql<Row>): Promise<Row[]> {
    this.#freshen(query);
    return this.#index.all(query);
  }

  async get<Row>(query: Sql<Row>): Promise<Row | undefined> {
    this.#freshen(query);
    return this.#index.get(query);
  }

  async run(statement: Sql): Promise<Changes> {
    this.#freshen(statement);
    return this.#index.run(statement).catch(explainTrigger);
  }

  insert(insert: Insert, rows: readonly (readonly SqlValue[])[]): Promise<number> {
    const [first] = rows;
    // Rows that give way to what is there must meet what another program has just put there; they share their owner.
    if (insert.onConflict === 'ignore' && first)
      this.refresh(changedNamed(this.sync, { text: `INSERT INTO ${insert.into}`, values: first }) ?? []);
    return this.#index.insert(insert, rows).catch(explainTrigger);
  }

  async keep(): Promise<void> {
    try {
      await writeChanges(this.#index, this.sync);
    } catch (error) {
      throw explainFiles(error, this.sync.layout.root);
    }
  }

  /** Takes up what others have written, but for what this transaction has changed itself: that is yet to be written. */
  refresh(units: readonly UnitKey[]): void {
    const own = units.filter((unit) => !this.#isChanged(unit));
    if (own.length === 0) return;
    this.#hasTakenUp = true;
    this.sync.startPass();
    untracked(this.#index, () => {
      for (const unit of own) this.sync.refresh(unit);
    });
  }

  /** Whether anything of what others have written was taken up since this was last asked. */
  tookUp(): boolean {
    const before = this.#hasTakenUp;
    this.#hasTakenUp = false;
    return before;
  }

  /** Runs what takes over the folder's state, which need not be written there. */
  untracked<T>(work: () => T): T {
    return untracked(this.#index, work);
  }

  #freshen(statement: Sql): void {
    this.refresh(changedNamed(this.sync, statement.compile('sqlite') as Compiled) ?? []);
  }

  #isChanged({ kind, id, parent }: UnitKey): boolean {
    return (
      this.#index.rows(
        `SELECT 1 AS one FROM temp.bitacora_dirty WHERE (kind = ? AND id = ?) OR id = ?
         UNION ALL SELECT 1 FROM temp.bitacora_dirty_points WHERE kind = ? AND id = ?
         UNION ALL SELECT 1 FROM temp.bitacora_renamed LIMIT 1`,
        kind,
        id,
        parent,
        kind,
        id,
      ).length > 0
    );
  }
}

function explainTrigger(error: unknown): never {
  const message = triggerMessage(error);
  if (message?.startsWith(REFUSED_VALUE)) throw new ValueRefused(message.slice(REFUSED_VALUE.length));
  if (message?.startsWith(REFUSED_TABLE)) {
    const what = message
      .slice(REFUSED_TABLE.length)
      .replace(/^bitacora_/, '')
      .replaceAll('_', ' ');
    throw new NotKept(
      `This server keeps no ${what} in a file store. Use a database, such as --backend-store-uri sqlite:///mlflow.db.`,
    );
  }
  throw error;
}

function explainFiles(error: unknown, root: string): unknown {
  const fail = (reason: 'full' | 'read-only' | 'io', what: string) =>
    new DatabaseUnavailable(reason, `${what} Nothing of this request was stored.`, { cause: error });
  if (isCode(error, 'ENOSPC', 'EDQUOT'))
    return fail('full', `The disk that holds ${root} is full. Free some space.`);
  if (isCode(error, 'EACCES', 'EPERM', 'EROFS'))
    return fail(
      'read-only',
      `The server may not write everywhere in ${root}. Give it access to its folders.`,
    );
  if (isCode(error, 'EIO', 'EMFILE', 'ENFILE', 'ESTALE', 'ETIMEDOUT'))
    return fail(
      'io',
      `A file in ${root} could not be written (${(error as Error).message}). Check its disk.`,
    );
  if (isCode(error, 'ENAMETOOLONG'))
    return new ValueRefused('A key or name is too long for the file system that holds the file store.');
  return error;
}
