import {
  type Input,
  invalidParameter,
  notFound,
  preview,
  type startTraceV3,
  type Trace,
  type TraceInfoInput,
} from '@bitacora/protocol';
import { mergeAssessments } from '../assessments/service.ts';
import type { Deps } from '../deps.ts';
import { parseExperimentId } from '../experiments/ids.ts';
import { requireActive } from '../experiments/service.ts';
import { checkLength } from '../limits/values.ts';
import { TRACE_TAG } from './keys.ts';
import { findTrace } from './queries.ts';
import { type TraceRecord, traceArtifactLocation, upsertTrace } from './service.ts';
import { toTraceInfos } from './trace-info.ts';

/** Widths of MLflow's columns, in characters. */
const ID_CHARACTERS = 50;
const PREVIEW_CHARACTERS = 1000;
const KEY_CHARACTERS = 250;
const VALUE_CHARACTERS = 8000;

/** Tags and metadata of one trace; no client comes near. */
const MOST_PAIRS = 1000;

export async function start(
  deps: Pick<Deps, 'write' | 'scope' | 'clock' | 'random'>,
  { trace }: Input<typeof startTraceV3>,
): Promise<{ trace: Trace }> {
  const info = trace.trace_info ?? { trace_id: '' };
  const header = toHeader(info);
  return deps.write(async (tx) => {
    const location = await requireActive(tx, deps.scope, header.experiment_id);
    const { request_id: trace_id, experiment_id, timestamp_ms } = header;
    await upsertTrace(tx, deps.scope, {
      ...header,
      tags: { ...header.tags, [TRACE_TAG.artifactLocation]: traceArtifactLocation(location, trace_id) },
    });
    await mergeAssessments(tx, deps, { trace_id, experiment_id, timestamp_ms }, info.assessments ?? []);
    const row = await findTrace(tx, deps.scope, trace_id);
    if (!row) throw notFound('trace', trace_id);
    const [trace_info] = await toTraceInfos(tx, [row]);
    return { trace: { trace_info: trace_info! } };
  });
}

/** @throws MlflowError INVALID_PARAMETER_VALUE */
function toHeader(info: TraceInfoInput): TraceRecord {
  const at = 'trace.trace_info';
  if (info.trace_id === '') throw invalidParameter(`Missing value for required parameter '${at}.trace_id'.`);
  const { trace_location: location } = info;
  const experiment_id = location?.mlflow_experiment?.experiment_id;
  if (experiment_id === undefined || experiment_id === '') {
    throw invalidParameter(
      `Missing value for required parameter '${at}.trace_location.mlflow_experiment.experiment_id': ${
        location?.type === undefined || location.type === 'MLFLOW_EXPERIMENT'
          ? 'every trace belongs to an experiment'
          : `this server keeps traces in experiments, not in a location of type ${location.type}`
      }.`,
    );
  }
  checkLength(info.trace_id, ID_CHARACTERS, `${at}.trace_id`);
  checkLength(info.client_request_id ?? '', ID_CHARACTERS, `${at}.client_request_id`);
  checkLength(info.request_preview ?? '', PREVIEW_CHARACTERS, `${at}.request_preview`);
  checkLength(info.response_preview ?? '', PREVIEW_CHARACTERS, `${at}.response_preview`);
  return {
    request_id: info.trace_id,
    experiment_id: parseExperimentId(experiment_id),
    timestamp_ms: info.request_time ?? 0,
    execution_time_ms: info.execution_duration ?? null,
    status: info.state ?? 'STATE_UNSPECIFIED',
    client_request_id: info.client_request_id ?? null,
    request_preview: info.request_preview ?? null,
    response_preview: info.response_preview ?? null,
    tags: checkPairs(info.tags ?? {}, `${at}.tags`),
    metadata: checkPairs(info.trace_metadata ?? {}, `${at}.trace_metadata`),
  };
}

/** @throws MlflowError INVALID_PARAMETER_VALUE for a key or value that has no place in its column. */
export function checkPairs(
  pairs: Readonly<Record<string, string>>,
  path: string,
): Readonly<Record<string, string>> {
  const entries = Object.entries(pairs);
  if (entries.length > MOST_PAIRS)
    throw invalidParameter(`'${path}' has ${entries.length} entries, at most ${MOST_PAIRS} are allowed.`);
  for (const [key, value] of entries) {
    checkLength(key, KEY_CHARACTERS, `${path}.${preview(key)}`);
    checkLength(value, VALUE_CHARACTERS, `${path}.${preview(key)}`);
  }
  return pairs;
}
