import type { DeltaSnapshotRow } from '@bitacora/db';
import { type ErrorCode, MlflowError } from '@bitacora/protocol';
import { toAnswer } from '../http/errors.ts';
import type { Sight } from './look.ts';
import type { Outcome, QueuedInput } from './queue-queries.ts';
import { snapshotId } from './source.ts';

/** Pauses between attempts at a store that cannot be reached; after the last it is given up until somebody asks again. */
const PAUSES_MS = [5_000, 30_000, 120_000, 600_000, 3_600_000, 6 * 3_600_000, 24 * 3_600_000];

/** Why a table, or a version of it, could not be read. */
export interface Failure {
  readonly message: string;
  /** Whether it may go better later, without anybody's doing. */
  readonly passes: boolean;
}

export function failureOf(error: unknown): Failure {
  const { body, defect } = toAnswer(error);
  if (defect !== undefined || !('error_code' in body))
    return { message: 'The table could not be read; the log of the server has the details.', passes: true };
  return toFailure(body.error_code as ErrorCode, body.message);
}

const toFailure = (error_code: ErrorCode, message: string): Failure => ({
  message,
  passes: error_code === 'TEMPORARILY_UNAVAILABLE',
});

type Tried = Pick<QueuedInput, 'delta_input_id' | 'attempts'>;

export function failed(
  { delta_input_id, attempts }: Tried,
  { message, passes }: Failure,
  nowMs: number,
): Outcome {
  const pause = passes ? PAUSES_MS[attempts] : undefined;
  return {
    delta_input_id,
    attempts: attempts + 1,
    status: pause === undefined ? 'UNAVAILABLE' : 'PENDING',
    next_attempt_timestamp: pause === undefined ? null : nowMs + pause,
    error_message: message,
    version: null,
    table_id: null,
    snapshot_id: null,
  };
}

/** What came of the attempt, and the snapshot to be kept with it. */
export function judge(
  input: Tried & Pick<QueuedInput, 'location_id'>,
  found: Sight['records'][number],
  nowMs: number,
): { readonly outcome: Outcome; readonly snapshot?: DeltaSnapshotRow } {
  if ('error_code' in found)
    return { outcome: failed(input, toFailure(found.error_code, found.message), nowMs) };
  const { record } = found;
  const snapshot_id = snapshotId(input.location_id, record);
  return {
    outcome: {
      delta_input_id: input.delta_input_id,
      attempts: input.attempts + 1,
      status: 'RECORDED',
      next_attempt_timestamp: null,
      error_message: null,
      version: record.version,
      table_id: record.table_id,
      snapshot_id,
    },
    snapshot: { snapshot_id, location_id: input.location_id, ...record },
  };
}

/** What a reader refused, as it was thrown there. */
export function refusalOf(body: object, defect: string | undefined): Error {
  if (defect !== undefined) return new Error(defect);
  const { error_code, message } = body as { readonly error_code: ErrorCode; readonly message: string };
  return new MlflowError(error_code, message);
}
