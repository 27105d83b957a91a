import type { Db, ParamRow, TagRow } from '@bitacora/db';
import type { Metric, Run, RunInfo } from '@bitacora/protocol';
import { listRunInputs } from '../inputs/run-inputs.ts';
import { toMetric } from '../metrics/metric.ts';
import { listLatestMetrics, listRunLatestMetrics } from '../metrics/queries.ts';
import { listParams, listRunParams } from '../params/queries.ts';
import { listRunTags, listTags } from '../tags/queries.ts';
import { listRuns, type RunRow } from './queries.ts';

export function toRunInfo(row: RunRow): RunInfo {
  return {
    run_uuid: row.run_uuid,
    experiment_id: String(row.experiment_id),
    run_name: row.name ?? '',
    user_id: row.user_id ?? '',
    status: row.status,
    start_time: row.start_time ?? 0,
    // An end time of 0 reads as none, as in MLflow.
    ...(row.end_time ? { end_time: row.end_time } : {}),
    artifact_uri: row.artifact_uri ?? '',
    lifecycle_stage: row.lifecycle_stage,
    run_id: row.run_uuid,
  };
}

/** One run with all that belongs to it. */
export async function loadRun(db: Db, row: RunRow): Promise<Run> {
  const run_id = row.run_uuid;
  const [metrics, params, tags, inputs] = await Promise.all([
    listRunLatestMetrics(db, run_id),
    listRunParams(db, run_id),
    listRunTags(db, run_id),
    listRunInputs(db, [run_id]),
  ]);
  const data = { metrics: metrics.map(toMetric), params: params.map(toParam), tags: tags.map(toTag) };
  return assemble(row, data, inputs.get(run_id));
}

/**
 * Runs in the order of their ids, in a handful of statements whatever their number; one that is gone by now is left out.
 * Model inputs are left out, as MLflow's search does.
 */
export async function loadRuns(db: Db, run_ids: readonly string[]): Promise<Run[]> {
  const [found, metrics, params, tags, inputs] = await Promise.all([
    listRuns(db, run_ids),
    listLatestMetrics(db, run_ids),
    listParams(db, run_ids),
    listTags(db, run_ids),
    listRunInputs(db, run_ids),
  ]);
  const metricsOf = byRun(metrics, toMetric);
  const paramsOf = byRun(params, toParam);
  const tagsOf = byRun(tags, toTag);
  const rows = new Map(found.map((row) => [row.run_uuid, row]));
  return run_ids.flatMap((id) => {
    const row = rows.get(id);
    if (row === undefined) return [];
    const data = {
      metrics: metricsOf.get(id) ?? [],
      params: paramsOf.get(id) ?? [],
      tags: tagsOf.get(id) ?? [],
    };
    const { model_inputs: _, ...searched } = inputs.get(id) ?? {};
    return assemble(row, data, searched);
  });
}

/** Made in one pass: a page of a thousand runs has tens of thousands. */
function byRun<Row extends { readonly run_uuid: string }, Item>(
  rows: readonly Row[],
  toItem: (row: Row) => Item,
): ReadonlyMap<string, readonly Item[]> {
  const itemsOf = new Map<string, Item[]>();
  for (const row of rows) {
    const items = itemsOf.get(row.run_uuid);
    if (items) items.push(toItem(row));
    else itemsOf.set(row.run_uuid, [toItem(row)]);
  }
  return itemsOf;
}

const toParam = ({ key, value }: ParamRow) => ({ key, value });
const toTag = ({ key, value }: TagRow) => ({ key, value: value ?? '' });

interface Data {
  readonly metrics: readonly Metric[];
  readonly params: readonly ReturnType<typeof toParam>[];
  readonly tags: readonly ReturnType<typeof toTag>[];
}

type Links =
  Awaited<ReturnType<typeof listRunInputs>> extends ReadonlyMap<string, infer L> ? Partial<L> : never;

/** Empty lists are left out and the objects around them are not: that is how MLflow's messages are written. */
function assemble(row: RunRow, { metrics, params, tags }: Data, links: Links = {}): Run {
  const { dataset_inputs, model_inputs, model_outputs } = links;
  return {
    info: toRunInfo(row),
    data: {
      ...(metrics.length === 0 ? {} : { metrics }),
      ...(params.length === 0 ? {} : { params }),
      ...(tags.length === 0 ? {} : { tags }),
    },
    inputs: {
      ...(dataset_inputs?.length ? { dataset_inputs } : {}),
      ...(model_inputs?.length ? { model_inputs } : {}),
    },
    outputs: model_outputs?.length ? { model_outputs } : {},
  };
}
