import type { Tx } from '@bitacora/db';
import { type Int64, invalidParameter, type MetricInput, MlflowError } from '@bitacora/protocol';
import { toMetricRow } from '../metrics/metric.ts';
import type { Scope } from '../workspaces/scope.ts';
import { insertModelMetricRows, listDatasetIds, listUnknownModels } from './queries.ts';

/**
 * Keeps the points of a run's metrics that name a model on that model too. There NaN is stored as 0: the table has no
 * flag for it.
 *
 * @throws MlflowError INVALID_PARAMETER_VALUE, or BAD_REQUEST for a model that does not exist.
 */
export async function insertModelMetrics(
  tx: Tx,
  scope: Scope,
  { run_uuid, experiment_id }: { readonly run_uuid: string; readonly experiment_id: Int64 },
  metrics: readonly MetricInput[],
): Promise<void> {
  const unknown = await listUnknownModels(tx, scope, [
    ...new Set(metrics.map(({ model_id }) => model_id ?? '')),
  ]);
  if (unknown.length > 0) {
    throw new MlflowError(
      'BAD_REQUEST',
      `Metrics name the model '${unknown[0]}', which does not exist. Create it first, or leave out model_id.`,
    );
  }
  const named = [...new Set(metrics.flatMap(({ dataset_name }) => dataset_name || []))];
  const datasets = named.length === 0 ? [] : await listDatasetIds(tx, experiment_id, named);
  await insertModelMetricRows(
    tx,
    metrics.map((metric) => {
      const { dataset_name, dataset_digest } = metric;
      if (Boolean(dataset_name) !== Boolean(dataset_digest)) {
        throw invalidParameter(
          "'dataset_name' and 'dataset_digest' of a metric belong together. Give both or neither.",
        );
      }
      const { key, value, timestamp, step } = toMetricRow(metric, tx);
      return {
        model_id: metric.model_id ?? '',
        metric_name: key,
        metric_timestamp_ms: timestamp,
        metric_step: step,
        metric_value: value,
        experiment_id,
        run_id: run_uuid,
        dataset_uuid:
          datasets.find(({ name, digest }) => name === dataset_name && digest === dataset_digest)
            ?.dataset_uuid ?? null,
        dataset_name: dataset_name || null,
        dataset_digest: dataset_digest || null,
      };
    }),
  );
}
