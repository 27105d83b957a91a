import type { Db } from '@bitacora/db';
import { type getRunDataset, type Input, type listRunDatasets, notFound } from '@bitacora/protocol';
import type { ReadDeps } from '../deps.ts';
import { requireKnown } from '../experiments/service.ts';
import { fromPageToken, page } from '../http/page-token.ts';
import {
  type ContextRow,
  countRuns,
  findDataset,
  findNewestRun,
  listContexts,
  listDatasets,
} from './queries.ts';

const MOST_CONTEXTS = 20;

export async function list({ db, scope }: ReadDeps, input: Input<typeof listRunDatasets>) {
  const experiment_id = await requireKnown(db, scope, input.experiment_id);
  const offset = fromPageToken(input.page_token);
  const { name_contains = '', max_results } = input;
  const found = await listDatasets(db, experiment_id, name_contains, max_results + 1, offset);
  const { rows, ...next } = page(found, max_results, offset);
  const usage = await usageOf(
    db,
    rows.map(({ dataset_uuid }) => dataset_uuid),
  );
  const datasets = rows.map(({ dataset_uuid, name, digest, dataset_source_type: source_type }) => ({
    name,
    digest,
    source_type,
    ...usage(dataset_uuid),
  }));
  return { ...(datasets.length === 0 ? {} : { datasets }), ...next };
}

export async function get(
  { db, scope }: ReadDeps,
  { experiment_id, name, digest }: Input<typeof getRunDataset>,
) {
  const row = await findDataset(db, await requireKnown(db, scope, experiment_id), name, digest);
  if (!row) throw notFound('Dataset', `${name} (${digest})`);
  const usage = await usageOf(db, [row.dataset_uuid]);
  const newest = await findNewestRun(db, row.dataset_uuid);
  return {
    dataset: {
      name: row.name,
      digest: row.digest,
      source_type: row.dataset_source_type,
      source: row.dataset_source,
      ...(row.dataset_schema === null ? {} : { schema: row.dataset_schema }),
      ...(row.dataset_profile === null ? {} : { profile: row.dataset_profile }),
    },
    ...usage(row.dataset_uuid),
    ...(newest ? { last_run_id: newest.run_uuid } : {}),
  };
}

/** What active runs have done with some data sets. */
async function usageOf(db: Db, dataset_uuids: readonly string[]) {
  const counts = new Map((await countRuns(db, dataset_uuids)).map((row) => [row.dataset_uuid, row]));
  const found: readonly ContextRow[] =
    counts.size === 0 ? [] : await listContexts(db, [...counts.keys()], MOST_CONTEXTS);
  const contexts = Map.groupBy(found, ({ dataset_uuid }) => dataset_uuid);
  return (dataset_uuid: string) => {
    const count = counts.get(dataset_uuid);
    const names = contexts.get(dataset_uuid)?.map(({ context }) => context);
    return {
      ...(names ? { contexts: names } : {}),
      run_count: count?.run_count ?? 0,
      ...(count?.last_run_time == null ? {} : { last_run_time: count.last_run_time }),
    };
  };
}
