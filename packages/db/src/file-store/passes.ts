import type { SqliteConnection } from '../sqlite/connection.ts';
import { experimentIdOf, isExperimentId } from './facts.ts';
import {
  experimentFolders,
  modelFolders,
  registeredFolders,
  runFolders,
  traceFolders,
  versionFolders,
} from './places.ts';
import type { FolderSync } from './sync.ts';
import { type Part, partsOf, type Unit, type UnitKey, type UnitKind } from './units.ts';

/** So many runs that are under way are looked at whole in a quick pass: the newest ones. */
const MOST_RUNNING = 100;

/** And so many of each experiment's traces, the newest too: those are judged, and get tags. */
const MOST_NEW_TRACES = 20;

/**
 * What of the whole folder is not as the index has it, in an order in which it can be taken up: what holds before what
 * is held, and runs before the models that name them.
 *
 * @param isDeep looks at every file. Else it is the `meta.yaml` of each run that counts, and all of what is under way
 *   or small: metrics and tags change while a run goes on, and when it ends its `meta.yaml` does.
 */
export function* changedUnits(
  index: SqliteConnection,
  sync: FolderSync,
  isDeep: boolean,
): Generator<UnitKey> {
  const running = isDeep ? new Set<string>() : runningRuns(index);
  const all = (unit: Unit): readonly Part[] => (unit.is_valid ? partsOf(unit.kind) : ['meta']);
  const some = (unit: Unit): readonly Part[] => (isDeep || running.has(unit.id) ? all(unit) : ['meta']);
  const experiments = experimentFolders(sync.layout);
  yield* sync.changed(
    'experiment',
    '',
    experiments,
    all,
    ({ id, is_trashed }) => sync.findExperiment(id)?.is_trashed !== is_trashed,
  );
  const real = [...experiments].filter(([id]) => isExperimentId(id));
  for (const [id, folder] of real) yield* sync.changed('run', id, runFolders(folder), some);
  for (const [id, folder] of real)
    yield* sync.changed('model', id, modelFolders(folder), isDeep ? all : some);
  for (const [id, folder] of real) {
    const newest = isDeep ? new Set() : newestTraces(index, id);
    yield* sync.changed('trace', id, traceFolders(folder), (unit) =>
      newest.has(unit.id) ? all(unit) : some(unit),
    );
  }
  const registered = registeredFolders(sync.layout);
  yield* sync.changed('registered', '', registered, all);
  for (const [name, folder] of registered)
    yield* sync.changed('version', name, versionFolders(name, folder), all);
}

const runningRuns = (index: SqliteConnection) =>
  new Set(
    index
      .rows<{ run_uuid: string }>(
        "SELECT run_uuid FROM runs WHERE status = 'RUNNING' ORDER BY start_time DESC LIMIT ?",
        MOST_RUNNING,
      )
      .map(({ run_uuid }) => run_uuid),
  );

const newestTraces = (index: SqliteConnection, experiment: string) =>
  new Set(
    index
      .rows<{ request_id: string }>(
        'SELECT request_id FROM trace_info WHERE experiment_id = ? ORDER BY timestamp_ms DESC LIMIT ?',
        experimentIdOf(experiment),
        MOST_NEW_TRACES,
      )
      .map(({ request_id }) => request_id),
  );

/** The next few runs, models and traces after `cursor`, whole: what a quick pass does not see is found bit by bit. */
export function nextUnits(index: SqliteConnection, cursor: UnitCursor, limit: number): Unit[] {
  return index.rows<Unit>(
    `SELECT kind, id, parent, is_trashed, is_valid, meta, metrics, params, tags, links FROM bitacora_folder
     WHERE kind IN ('model', 'run', 'trace') AND is_valid = 1 AND (kind, id) > (?, ?) ORDER BY kind, id LIMIT ?`,
    cursor.kind,
    cursor.id,
    limit,
  );
}

export interface UnitCursor {
  readonly kind: UnitKind | '';
  readonly id: string;
}
