import { type Input, invalidParameter, type logBatch, preview } from '@bitacora/protocol';
import type { Deps } from '../deps.ts';
import { checkMetric, writeMetrics } from '../metrics/service.ts';
import { checkParam, writeParams } from '../params/service.ts';
import { checkTag, RUN_NAME_TAG, writeTags } from '../tags/service.ts';
import { requireActiveRun } from './active.ts';

/** MLflow's caps on one batch; its clients cut their batches to these. */
const MOST = { metrics: 1000, params: 100, tags: 100 } as const;
const MOST_IN_ALL = 1000;

/** What is larger takes its own time, for which what is small should not wait. */
const MOST_SHARED = 50;

const RUN_ID = /^[A-Za-z0-9][\w-]{0,255}$/;

/** @throws MlflowError INVALID_PARAMETER_VALUE */
export function checkRunId(run_id: string): void {
  if (!RUN_ID.test(run_id)) {
    throw invalidParameter(
      `Invalid run id '${preview(run_id)}': it must begin with a letter or digit and hold only letters, digits, '_' and '-', at most 256.`,
    );
  }
}

/**
 * Logs metrics, params and tags at once. MLflow writes each kind in a transaction of its own, so that a failure can
 * leave a part behind; here all are written or none.
 */
export async function log({ write, settings, scope }: Deps, input: Input<typeof logBatch>) {
  const { run_id, metrics } = input;
  checkRunId(run_id);
  metrics.forEach((metric, index) => {
    checkMetric(metric, `metrics[${index}].`);
  });
  const params = input.params.map((param, index) => checkParam(param, `params[${index}].`, settings));
  const tags = input.tags.map((tag, index) => checkTag(tag, `tags[${index}].`, settings));
  checkCounts(input);
  checkDistinct(params);
  const isSmall = params.length + metrics.length + tags.length <= MOST_SHARED;
  await write(
    async (tx) => {
      const run = await requireActiveRun(tx, scope, run_id);
      await writeParams(tx, run_id, params);
      await writeMetrics(tx, scope, run, metrics);
      await writeTags(tx, run_id, tags);
    },
    // A name stands in two places, which must not be those of two callers.
    { commutes: isSmall && tags.every(({ key }) => key !== RUN_NAME_TAG) },
  );
  return {};
}

function checkCounts({ metrics, params, tags }: Input<typeof logBatch>): void {
  for (const [kind, list] of Object.entries({ metrics, params, tags })) {
    const most = MOST[kind as keyof typeof MOST];
    if (list.length > most) {
      throw invalidParameter(
        `A batch logging request can contain at most ${most} ${kind}. Got ${list.length} ${kind}. Please split up ${kind} across multiple requests and try again.`,
      );
    }
  }
  const total = metrics.length + params.length + tags.length;
  if (total > MOST_IN_ALL) {
    throw invalidParameter(
      `A batch logging request can contain at most ${MOST_IN_ALL} params, tags, and metrics. Got ${total}. Please split them up across multiple requests and try again.`,
    );
  }
}

function checkDistinct(params: readonly { readonly key: string; readonly value: string }[]): void {
  const keys = new Set<string>();
  for (const { key } of params) {
    if (keys.has(key))
      throw invalidParameter(
        `Duplicate parameter keys have been submitted: '${preview(key)}'. Send each param once.`,
      );
    keys.add(key);
  }
}
