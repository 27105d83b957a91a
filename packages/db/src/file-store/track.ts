import type { SqliteConnection } from '../sqlite/connection.ts';
import { COLUMNS_OF_METADATA, TRACE_NAME } from '../trace-columns.ts';
import type { Part, UnitKind } from './units.ts';

/** A part of a unit that a transaction has changed; `key` is the metric, param, tag, alias or link in it. */
export interface Dirty {
  readonly kind: UnitKind;
  readonly id: string;
  readonly part: Part;
  readonly key: string;
}

/** A point that a transaction has added. */
export interface DirtyPoint {
  readonly kind: 'run' | 'model';
  readonly id: string;
  readonly key: string;
  readonly value: number;
  readonly timestamp: number | bigint;
  readonly step: number | bigint;
  readonly is_nan: number;
  readonly run_id: string | null;
  readonly dataset_name: string | null;
  readonly dataset_digest: string | null;
}

/** Begins the message of what a trigger refuses: a value that no folder can hold, or a table that has no place there. */
export const REFUSED_VALUE = 'bitacora refuses: ';
export const REFUSED_TABLE = 'bitacora does not keep: ';

interface Tracked {
  readonly table: string;
  readonly kind: UnitKind;
  readonly part: Part;
  /** SQL of the unit's id and of the key, of a row called `R`. */
  readonly id: string;
  readonly key: string;
}

const version = "R.name || '/' || R.version";

const TRACKED: readonly Tracked[] = [
  { table: 'experiments', kind: 'experiment', part: 'meta', id: 'R.experiment_id', key: "''" },
  { table: 'experiment_tags', kind: 'experiment', part: 'tags', id: 'R.experiment_id', key: 'R.key' },
  { table: 'runs', kind: 'run', part: 'meta', id: 'R.run_uuid', key: "''" },
  { table: 'params', kind: 'run', part: 'params', id: 'R.run_uuid', key: 'R.key' },
  { table: 'tags', kind: 'run', part: 'tags', id: 'R.run_uuid', key: 'R.key' },
  {
    table: 'inputs',
    kind: 'run',
    part: 'links',
    id: "CASE R.destination_type WHEN 'RUN' THEN R.destination_id ELSE R.source_id END",
    key: 'R.input_uuid',
  },
  {
    table: 'input_tags',
    kind: 'run',
    part: 'links',
    id: "(SELECT i.destination_id FROM inputs i WHERE i.input_uuid = R.input_uuid AND i.destination_type = 'RUN')",
    key: 'R.input_uuid',
  },
  { table: 'logged_models', kind: 'model', part: 'meta', id: 'R.model_id', key: "''" },
  { table: 'logged_model_params', kind: 'model', part: 'params', id: 'R.model_id', key: 'R.param_key' },
  { table: 'logged_model_tags', kind: 'model', part: 'tags', id: 'R.model_id', key: 'R.tag_key' },
  { table: 'trace_info', kind: 'trace', part: 'meta', id: 'R.request_id', key: "''" },
  { table: 'trace_tags', kind: 'trace', part: 'tags', id: 'R.request_id', key: 'R.key' },
  { table: 'trace_request_metadata', kind: 'trace', part: 'params', id: 'R.request_id', key: 'R.key' },
  { table: 'assessments', kind: 'trace', part: 'links', id: 'R.trace_id', key: 'R.assessment_id' },
  { table: 'registered_models', kind: 'registered', part: 'meta', id: 'R.name', key: "''" },
  { table: 'registered_model_tags', kind: 'registered', part: 'tags', id: 'R.name', key: 'R.key' },
  { table: 'registered_model_aliases', kind: 'registered', part: 'links', id: 'R.name', key: 'R.alias' },
  { table: 'model_versions', kind: 'version', part: 'meta', id: version, key: "''" },
  { table: 'model_version_tags', kind: 'version', part: 'tags', id: version, key: 'R.key' },
];

/** Columns of a trace that are files like its other tags and metadata, each with the key that it stands for. */
const COLUMNS_OF_KEYS: readonly { part: Part; key: string; columns: readonly string[] }[] = [
  { part: 'tags', key: TRACE_NAME, columns: ['trace_name'] },
  ...Object.entries(COLUMNS_OF_METADATA).map(([key, columns]) => ({ part: 'params' as const, key, columns })),
];

/** Kept by their own triggers, or as a part of others: the latest values follow from the points, data sets are written with their inputs. */
const OTHERWISE = ['metrics', 'latest_metrics', 'logged_model_metrics', 'datasets'];

/** The index's own, and what a server may keep beside its data: what is lost with the index is found out anew. */
const UNTRACKED = [
  ...['alembic_version', 'bitacora_folder', 'bitacora_folder_problems', 'bitacora_folder_root'],
  ...['bitacora_delta_tables', 'bitacora_delta_snapshots', 'bitacora_delta_inputs'],
];

/**
 * Makes the connection note what its transactions change, in tables that live with it alone, and refuse what the
 * folder has no place for: nothing may be kept in the index alone. What is undone is forgotten with it. The same thing
 * is noted more than once: a statement's own way with conflicts would also rule those in a trigger.
 */
export function startTracking(index: SqliteConnection): void {
  const on = 'WHEN (SELECT is_on FROM temp.bitacora_tracking)';
  const tables = index
    .rows<{ name: string }>(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    )
    .map(({ name }) => name);
  const known = new Set([...TRACKED.map(({ table }) => table), ...OTHERWISE, ...UNTRACKED]);
  const refused = tables.filter((table) => !known.has(table));
  index.exec(`
    CREATE TEMP TABLE bitacora_tracking (is_on INTEGER NOT NULL);
    INSERT INTO temp.bitacora_tracking VALUES (1);
    CREATE TEMP TABLE bitacora_dirty (
      kind TEXT NOT NULL, id TEXT NOT NULL, part TEXT NOT NULL, key TEXT NOT NULL);
    CREATE TEMP TABLE bitacora_dirty_points (
      kind TEXT NOT NULL, id TEXT NOT NULL, key TEXT NOT NULL, value REAL NOT NULL, timestamp INTEGER NOT NULL,
      step INTEGER NOT NULL, is_nan INTEGER NOT NULL, run_id TEXT, dataset_name TEXT, dataset_digest TEXT);
    CREATE TEMP TABLE bitacora_renamed (old TEXT NOT NULL, new TEXT NOT NULL);
    ${TRACKED.map((tracked) => triggers(tracked, on)).join('')}
    ${COLUMNS_OF_KEYS.map((each) => columnTriggers(each, on)).join('')}
    CREATE TEMP TRIGGER bitacora_points AFTER INSERT ON main.metrics ${on} BEGIN
      INSERT INTO bitacora_dirty_points VALUES ('run', NEW.run_uuid, NEW.key, NEW.value, NEW.timestamp, NEW.step,
        NEW.is_nan, NULL, NULL, NULL); END;
    CREATE TEMP TRIGGER bitacora_model_points AFTER INSERT ON main.logged_model_metrics ${on} BEGIN
      INSERT INTO bitacora_dirty_points VALUES ('model', NEW.model_id, NEW.metric_name, NEW.metric_value,
        NEW.metric_timestamp_ms, NEW.metric_step, 0, NEW.run_id, NEW.dataset_name, NEW.dataset_digest); END;
    CREATE TEMP TRIGGER bitacora_renames AFTER UPDATE OF name ON main.registered_models
      WHEN OLD.name <> NEW.name AND (SELECT is_on FROM temp.bitacora_tracking) BEGIN
      INSERT INTO bitacora_renamed VALUES (OLD.name, NEW.name); END;
    ${['INSERT ON', 'UPDATE OF name ON'].map(nameGuard).join('')}
    ${['experiments', 'registered_models'].map(workspaceGuard).join('')}
    ${refused.map(refusal).join('')}`);
}

function triggers({ table, kind, part, id, key }: Tracked, on: string): string {
  const note = (row: string) =>
    `INSERT INTO bitacora_dirty SELECT '${kind}', ${id.replace(/\bR\./g, `${row}.`)}, '${part}', ${key.replace(/\bR\./g, `${row}.`)}
       WHERE ${id.replace(/\bR\./g, `${row}.`)} IS NOT NULL;`;
  return (['INSERT', 'UPDATE', 'DELETE'] as const)
    .map(
      (
        event,
      ) => `CREATE TEMP TRIGGER bitacora_${table}_${event.toLowerCase()} AFTER ${event} ON main.${table} ${on}
        BEGIN ${note(event === 'DELETE' ? 'OLD' : 'NEW')} END;`,
    )
    .join('');
}

function columnTriggers({ part, key, columns }: (typeof COLUMNS_OF_KEYS)[number], on: string): string {
  const name = key.replaceAll('.', '_');
  const note = `BEGIN INSERT INTO bitacora_dirty VALUES ('trace', NEW.request_id, '${part}', '${key}'); END;`;
  const some = (condition: (column: string) => string) => `(${columns.map(condition).join(' OR ')})`;
  return `
  CREATE TEMP TRIGGER bitacora_${name}_insert AFTER INSERT ON main.trace_info
    ${on} AND ${some((column) => `NEW.${column} IS NOT NULL`)} ${note}
  CREATE TEMP TRIGGER bitacora_${name}_update AFTER UPDATE ON main.trace_info
    ${on} AND ${some((column) => `NEW.${column} IS NOT OLD.${column}`)} ${note}`;
}

/** A registered model's name is that of a folder. MLflow refuses the same characters in its file stores. */
const nameGuard = (event: string) => `
  CREATE TEMP TRIGGER bitacora_names_${event.slice(0, 6).toLowerCase()} BEFORE ${event} main.registered_models
    WHEN NEW.name GLOB '*[/%\\]*' BEGIN
    SELECT RAISE(ABORT, '${REFUSED_VALUE}a name in a file store must not hold any of / % \\'); END;`;

const workspaceGuard = (table: string) => `
  CREATE TEMP TRIGGER bitacora_${table}_workspace BEFORE INSERT ON main.${table} WHEN NEW.workspace <> 'default' BEGIN
    SELECT RAISE(ABORT, '${REFUSED_TABLE}workspaces'); END;`;

const refusal = (table: string) => `
  CREATE TEMP TRIGGER bitacora_${table}_refused BEFORE INSERT ON main.${table} BEGIN
    SELECT RAISE(ABORT, '${REFUSED_TABLE}${table}'); END;`;

/** Runs `work` without noting what it changes: what comes from the folder need not go there. */
export function untracked<T>(index: SqliteConnection, work: () => T): T {
  index.change('UPDATE temp.bitacora_tracking SET is_on = 0');
  try {
    return work();
  } finally {
    index.change('UPDATE temp.bitacora_tracking SET is_on = 1');
  }
}

export interface Changed {
  readonly renamed: readonly { readonly old: string; readonly new: string }[];
  readonly dirty: readonly Dirty[];
  readonly points: readonly DirtyPoint[];
}

/** What the transaction has changed so far, in the order of its changes; the note is emptied. */
export function takeChanges(index: SqliteConnection): Changed {
  const changed: Changed = {
    renamed: index.rows('SELECT old, new FROM temp.bitacora_renamed ORDER BY rowid'),
    dirty: index.rows(
      'SELECT kind, id, part, key FROM temp.bitacora_dirty GROUP BY kind, id, part, key ORDER BY min(rowid)',
    ),
    points: index.rows('SELECT * FROM temp.bitacora_dirty_points ORDER BY rowid'),
  };
  for (const table of ['renamed', 'dirty', 'dirty_points'])
    index.change(`DELETE FROM temp.bitacora_${table}`);
  return changed;
}
