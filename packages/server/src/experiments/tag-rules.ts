import type { Tx } from '@bitacora/db';
import { type Int64, invalidParameter, parseJson, preview } from '@bitacora/protocol';
import { DURATION } from '../limits/durations.ts';
import { checkKey } from '../limits/keys.ts';
import { checkLength, EXPERIMENT_TAG_VALUE_CHARACTERS } from '../limits/values.ts';
import { listTagKeys } from './queries.ts';

export interface Tag {
  readonly key: string;
  readonly value: string;
}

/** Tags with which MLflow's pages say when traces are moved to the archive: JSON that holds a length of time. */
const DURATION_FIELD: Readonly<Record<string, string>> = {
  'mlflow.trace.archivalRetention': 'value',
  'mlflow.trace.archiveNow': 'older_than',
};

/** Tags in which MLflow's pages keep saved views; so many an experiment may have. */
const VIEW_PREFIX = 'mlflow.customView.view';
const MOST_VIEWS = 50;

/** @throws MlflowError INVALID_PARAMETER_VALUE naming the field below `path`. */
export function checkTag(key: string, value: string, path: string): Tag {
  checkKey('tag', key, `${path}key`);
  checkLength(value, EXPERIMENT_TAG_VALUE_CHARACTERS, `${path}value`);
  if (Object.hasOwn(DURATION_FIELD, key)) checkDuration(key, value);
  return { key, value };
}

function checkDuration(key: string, value: string): void {
  const fail = (reason: string) =>
    invalidParameter(`Invalid value '${preview(value)}' of the tag '${key}': ${reason}.`);
  let config: unknown;
  try {
    config = parseJson(value);
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
  }
  if (config === null || typeof config !== 'object' || Array.isArray(config))
    throw fail('it must hold a JSON object');
  const fields = config as Readonly<Record<string, unknown>>;
  const isRetention = key === 'mlflow.trace.archivalRetention';
  if (isRetention && fields.type !== 'duration') throw fail('its "type" must be "duration"');
  const duration = fields[DURATION_FIELD[key]!];
  if (!isRetention && (duration === undefined || duration === null)) return;
  if (typeof duration !== 'string' || !DURATION.test(duration.trim())) {
    throw fail(`its "${DURATION_FIELD[key]}" must be a whole number and one of m, h and d, such as "30d"`);
  }
}

/** @throws MlflowError INVALID_PARAMETER_VALUE when the experiment would have more saved views than it may. */
export async function checkViews(tx: Tx, experiment_id: Int64, tags: readonly Tag[]): Promise<void> {
  const added = tags.filter(({ key }) => key.startsWith(VIEW_PREFIX));
  if (added.length === 0) return;
  const views = new Set([
    ...(await listTagKeys(tx, experiment_id)).filter((key) => key.startsWith(VIEW_PREFIX)),
    ...added.map(({ key }) => key),
  ]);
  if (views.size > MOST_VIEWS) {
    throw invalidParameter(
      `An experiment may have at most ${MOST_VIEWS} custom views. Delete one before you save another.`,
    );
  }
}
