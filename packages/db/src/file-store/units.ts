import type { SqliteConnection } from '../sqlite/connection.ts';
import { META, TRACE_INFO } from './layout.ts';
import { type FoundFile, findFile, listFiles, UNSETTLED } from './prints.ts';

/** What is read as one: a folder with its files. A version's id is `<name>/<number>`. */
export type UnitKind = 'experiment' | 'run' | 'model' | 'trace' | 'registered' | 'version';

export interface UnitKey {
  readonly kind: UnitKind;
  readonly id: string;
  /** The experiment, or the registered model; the others have none. */
  readonly parent: string;
}

/**
 * The files of a folder that are read together, and whose print is kept. A trace's metadata are its `params`, since
 * neither changes; its assessments are its `links`.
 */
export type Part = 'meta' | 'metrics' | 'params' | 'tags' | 'links';

/** The file without which nobody takes the folder for what it is. */
export const metaFile = (kind: UnitKind) => (kind === 'trace' ? TRACE_INFO : META);

/** Where the files of each part are: `meta.yaml` itself, or folders. */
export const PARTS: Readonly<Record<UnitKind, Partial<Readonly<Record<Part, readonly string[]>>>>> = {
  experiment: { meta: [META], tags: ['tags'] },
  run: {
    meta: [META],
    metrics: ['metrics'],
    params: ['params'],
    tags: ['tags'],
    links: ['inputs', 'outputs'],
  },
  model: { meta: [META], metrics: ['metrics'], params: ['params'], tags: ['tags'] },
  trace: { meta: [TRACE_INFO], params: ['request_metadata'], tags: ['tags'], links: ['assessments'] },
  registered: { meta: [META], tags: ['tags'], links: ['aliases'] },
  version: { meta: [META], tags: ['tags'] },
};

export const partsOf = (kind: UnitKind) => Object.keys(PARTS[kind]) as Part[];

/** The files of a part as they are now. */
export const filesOf = (kind: UnitKind, part: Part, folder: string): FoundFile[] =>
  (PARTS[kind][part] ?? []).flatMap(
    (name) => (part === 'meta' ? findFile(folder, name) : listFiles(folder, name)) ?? [],
  );

/** What the index knows of a folder. */
export interface Unit extends UnitKey, Readonly<Record<Part, number>> {
  /** The experiment is in the trash. */
  readonly is_trashed: 0 | 1;
  /** Its meta.yaml could be read, so it has rows. */
  readonly is_valid: 0 | 1;
}

export const emptyUnit = (key: UnitKey): Unit => ({
  ...key,
  is_trashed: 0,
  is_valid: 0,
  meta: UNSETTLED,
  metrics: UNSETTLED,
  params: UNSETTLED,
  tags: UNSETTLED,
  links: UNSETTLED,
});

/** An entry that is passed over. */
export interface Problem {
  readonly path: string;
  readonly reason: string;
}

/** Tables of the index alone; their text is part of its format. */
export const INDEX_TABLES = `
  CREATE TABLE bitacora_folder (
    kind TEXT NOT NULL, id TEXT NOT NULL, parent TEXT NOT NULL, is_trashed INTEGER NOT NULL, is_valid INTEGER NOT NULL,
    meta INTEGER NOT NULL, metrics INTEGER NOT NULL, params INTEGER NOT NULL, tags INTEGER NOT NULL,
    links INTEGER NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID;
  CREATE INDEX bitacora_folder_by_parent ON bitacora_folder (kind, parent);
  CREATE TABLE bitacora_folder_problems (
    path TEXT PRIMARY KEY, reason TEXT NOT NULL, unit TEXT NOT NULL, part TEXT NOT NULL, is_reported INTEGER NOT NULL);
  CREATE INDEX bitacora_folder_problems_by_unit ON bitacora_folder_problems (unit, part);
  CREATE TABLE bitacora_folder_root (path TEXT NOT NULL, format INTEGER NOT NULL, is_swept INTEGER NOT NULL);`;

export const FORMAT = 2;

const COLUMNS = 'kind, id, parent, is_trashed, is_valid, meta, metrics, params, tags, links';

/** The book in which the index keeps what it has read. Writing in it needs a transaction. */
export class Book {
  readonly #index: SqliteConnection;

  constructor(index: SqliteConnection) {
    this.#index = index;
  }

  find(kind: UnitKind, id: string): Unit | undefined {
    return this.#index.rows<Unit>(
      `SELECT ${COLUMNS} FROM bitacora_folder WHERE kind = ? AND id = ?`,
      kind,
      id,
    )[0];
  }

  list(kind: UnitKind, parent: string): Unit[] {
    return this.#index.rows<Unit>(
      `SELECT ${COLUMNS} FROM bitacora_folder WHERE kind = ? AND parent = ?`,
      kind,
      parent,
    );
  }

  put(unit: Unit): void {
    this.#index.change(
      `INSERT OR REPLACE INTO bitacora_folder (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      unit.kind,
      unit.id,
      unit.parent,
      unit.is_trashed,
      unit.is_valid,
      unit.meta,
      unit.metrics,
      unit.params,
      unit.tags,
      unit.links,
    );
  }

  remove({ kind, id }: Pick<UnitKey, 'kind' | 'id'>): void {
    this.#index.change('DELETE FROM bitacora_folder WHERE kind = ? AND id = ?', kind, id);
    this.#index.change('DELETE FROM bitacora_folder_problems WHERE unit = ?', `${kind} ${id}`);
  }

  /** Replaces what is known to be wrong with a part; what was reported and still holds is not reported again. */
  setProblems({ kind, id }: Pick<UnitKey, 'kind' | 'id'>, part: Part, problems: readonly Problem[]): void {
    const unit = `${kind} ${id}`;
    if (problems.length === 0) {
      this.#index.change('DELETE FROM bitacora_folder_problems WHERE unit = ? AND part = ?', unit, part);
      return;
    }
    this.#index.change(
      `DELETE FROM bitacora_folder_problems WHERE unit = ? AND part = ?
         AND path NOT IN (SELECT value FROM json_each(?))`,
      unit,
      part,
      JSON.stringify(problems.map(({ path }) => path)),
    );
    for (const { path, reason } of problems) {
      this.#index.change(
        `INSERT INTO bitacora_folder_problems (path, reason, unit, part, is_reported) VALUES (?, ?, ?, ?, 0)
         ON CONFLICT (path) DO UPDATE SET is_reported = is_reported AND reason = excluded.reason,
           reason = excluded.reason, unit = excluded.unit, part = excluded.part`,
        path,
        reason,
        unit,
        part,
      );
    }
  }

  /** Whether all of the folder has been looked at since a server last started on it. */
  get isSwept(): boolean {
    return (
      this.#index.rows<{ is_swept: number }>('SELECT is_swept FROM bitacora_folder_root')[0]?.is_swept === 1
    );
  }

  setSwept(is_swept: boolean): void {
    this.#index.change('UPDATE bitacora_folder_root SET is_swept = ?', Number(is_swept));
  }

  countUnits(): number {
    return this.#index.rows<{ total: number }>('SELECT count(*) AS total FROM bitacora_folder')[0]!.total;
  }

  countProblems(): number {
    return this.#index.rows<{ total: number }>('SELECT count(*) AS total FROM bitacora_folder_problems')[0]!
      .total;
  }

  /** Whoever starts anew tells all of them again. */
  forgetNews(): void {
    this.#index.change('UPDATE bitacora_folder_problems SET is_reported = 0');
  }

  hasNews(): boolean {
    return (
      this.#index.rows('SELECT 1 AS one FROM bitacora_folder_problems WHERE is_reported = 0 LIMIT 1').length >
      0
    );
  }

  /** Those that nobody has been told of, which counts as telling. */
  takeNews(limit: number): Problem[] {
    const news = this.#index.rows<Problem>(
      'SELECT path, reason FROM bitacora_folder_problems WHERE is_reported = 0 ORDER BY path LIMIT ?',
      limit,
    );
    for (const { path } of news)
      this.#index.change('UPDATE bitacora_folder_problems SET is_reported = 1 WHERE path = ?', path);
    return news;
  }
}
