import { deltaSnapshotEndpoints, invalidParameter, notFound } from '@bitacora/protocol';
import type { Deps, ReadDeps } from '../deps.ts';
import { requireKnown } from '../experiments/service.ts';
import { fromPageToken, page } from '../http/page-token.ts';
import { handle, longRead, tableRead } from '../http/routes.ts';
import { requireRun } from '../runs/active.ts';
import { checkFiles } from './availability.ts';
import { compareInputs } from './difference.ts';
import { inTime } from './look.ts';
import { openPinned, openTableOf } from './pinned.ts';
import * as queries from './queries.ts';
import { readPage } from './rows.ts';
import { toDeltaInput, toInputOfRun, toState, toTableVersion } from './view.ts';

/** So long may a request wait for a table, in milliseconds. */
const MOST_MS = 60_000;

/** Versions that are listed of a table. */
const MOST_VERSIONS = 100;

/** Runs that are asked about at once, and what is answered of them together. */
const MOST_RUNS = 500;
const MOST_OF_RUNS = 2000;

export const deltaTableRoutes = handle(deltaSnapshotEndpoints, {
  listDeltaInputs: longRead(async ({ db, scope }, { run_id, max_results, page_token }) => {
    await requireRun(db, scope, run_id);
    const offset = fromPageToken(page_token);
    const found = await queries.listInputs(db, run_id, max_results + 1, offset);
    const { rows, ...next } = page(found, max_results, offset);
    return { delta_inputs: rows.map(toDeltaInput), ...next };
  }),
  getDeltaInput: longRead(async (deps, { run_id, delta_input_id }) => ({
    delta_input: toDeltaInput(await requireInput(deps, run_id, delta_input_id)),
  })),
  refreshDeltaInput: refresh,
  previewDeltaRows: tableRead(async (deps, { run_id, delta_input_id, ...wanted }) => {
    const row = await requireInput(deps, run_id, delta_input_id);
    return inTime(MOST_MS, async (signal) => {
      const snapshot = await openPinned(await openTableOf(deps, row, signal), row, signal);
      return readPage(snapshot, wanted, signal);
    });
  }),
  checkDeltaFiles: tableRead(async (deps, { run_id, delta_input_id }) => {
    const row = await requireInput(deps, run_id, delta_input_id);
    return inTime(MOST_MS, (signal) => checkFiles(deps, row, signal));
  }),
  compareDeltaInputs: tableRead(async (deps, { experiment_id, delta_input_id, other_delta_input_id }) => {
    const id = await requireKnown(deps.db, deps.scope, experiment_id);
    const find = async (input_id: string) => {
      const row = await queries.findInputIn(deps.db, id, input_id);
      if (!row) throw notFound('Delta input', input_id);
      return row;
    };
    const row = await find(delta_input_id);
    const other = other_delta_input_id === undefined ? undefined : await find(other_delta_input_id);
    return inTime(MOST_MS, (signal) => compareInputs(deps, row, other, signal));
  }),
  listDeltaInputsOfRuns: async ({ db, scope }, { experiment_id, run_ids }) => {
    const id = await requireKnown(db, scope, experiment_id);
    if (run_ids.length === 0 || run_ids.length > MOST_RUNS) {
      throw invalidParameter(
        `Parameter 'run_ids' has ${run_ids.length} ids, from 1 to ${MOST_RUNS} are allowed.`,
      );
    }
    const rows = await queries.listInputsOfRuns(db, id, run_ids, MOST_OF_RUNS);
    return { delta_inputs: rows.map(toInputOfRun) };
  },
  listDeltaTables: longRead(async ({ db, scope }, input) => {
    const { experiment_id, max_results, page_token, table_contains = '' } = input;
    const id = await requireKnown(db, scope, experiment_id);
    const offset = fromPageToken(page_token);
    const listed = await queries.listTables(db, scope, id, table_contains, max_results + 1, offset);
    const { rows, ...next } = page(listed, max_results, offset);
    const ids = rows.map(({ location_id }) => location_id);
    const found = ids.length === 0 ? [] : await queries.listVersions(db, scope, id, ids, MOST_VERSIONS);
    const versions = Map.groupBy(found, ({ location_id }) => location_id);
    const tables = rows.map((row) => ({
      table: row.source,
      run_count: row.run_count,
      latest: toState(row),
      versions: (versions.get(row.location_id) ?? []).map(toTableVersion),
    }));
    return { tables, ...next };
  }),
});

async function requireInput({ db, scope }: Pick<ReadDeps, 'db' | 'scope'>, run_id: string, input_id: string) {
  await requireRun(db, scope, run_id);
  const row = await queries.findInput(db, run_id, input_id);
  if (!row) throw notFound('Delta input', input_id);
  return row;
}

/** What goes wrong is written down with the table, and so in the answer. */
async function refresh(deps: Deps, { run_id, delta_input_id }: { run_id: string; delta_input_id: string }) {
  const row = await requireInput(deps, run_id, delta_input_id);
  await deps.refreshTable(row);
  return { delta_input: toDeltaInput(await requireInput(deps, run_id, delta_input_id)) };
}
