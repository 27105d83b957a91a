import type { Db, LoggedModelRow } from '@bitacora/db';
import {
  LOGGED_MODEL_STATUS,
  type LoggedModel,
  type LoggedModelStatus,
  type Metric,
  toWireDouble,
} from '@bitacora/protocol';
import { listModelMetrics, listModelParams, listModelTags, type ModelMetricRow } from './queries.ts';

const STATUS_NAMES = new Map(
  Object.entries(LOGGED_MODEL_STATUS).map(([name, number]) => [number, name as LoggedModelStatus]),
);

/** Rows to what stands on the wire, in a handful of statements whatever their number. */
export async function toLoggedModels(db: Db, rows: readonly LoggedModelRow[]): Promise<LoggedModel[]> {
  const ids = rows.map(({ model_id }) => model_id);
  const [tags, params, metrics] = await Promise.all([
    listModelTags(db, ids),
    listModelParams(db, ids),
    listModelMetrics(db, ids),
  ]);
  const tagsOf = Map.groupBy(tags, ({ model_id }) => model_id);
  const paramsOf = Map.groupBy(params, ({ model_id }) => model_id);
  const metricsOf = Map.groupBy(metrics, ({ model_id }) => model_id);
  return rows.map((row) => {
    const ownTags = tagsOf.get(row.model_id)?.map(({ key, value }) => ({ key, value }));
    const ownParams = paramsOf.get(row.model_id)?.map(({ key, value }) => ({ key, value }));
    const ownMetrics = metricsOf.get(row.model_id)?.map(toModelMetric);
    return {
      info: {
        model_id: row.model_id,
        experiment_id: String(row.experiment_id),
        name: row.name,
        creation_timestamp_ms: row.creation_timestamp_ms,
        last_updated_timestamp_ms: row.last_updated_timestamp_ms,
        artifact_uri: row.artifact_location,
        status: STATUS_NAMES.get(row.status) ?? 'LOGGED_MODEL_STATUS_UNSPECIFIED',
        ...(row.model_type === null ? {} : { model_type: row.model_type }),
        ...(row.source_run_id === null ? {} : { source_run_id: row.source_run_id }),
        ...(row.status_message === null ? {} : { status_message: row.status_message }),
        ...(ownTags ? { tags: ownTags } : {}),
      },
      data: { ...(ownParams ? { params: ownParams } : {}), ...(ownMetrics ? { metrics: ownMetrics } : {}) },
    };
  });
}

function toModelMetric(row: ModelMetricRow): Metric {
  return {
    key: row.metric_name,
    value: toWireDouble(row.metric_value ?? Number.NaN),
    timestamp: row.metric_timestamp_ms,
    step: row.metric_step,
    ...(row.dataset_name === null ? {} : { dataset_name: row.dataset_name }),
    ...(row.dataset_digest === null ? {} : { dataset_digest: row.dataset_digest }),
    model_id: row.model_id,
    run_id: row.run_id,
  };
}
