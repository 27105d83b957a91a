import { FOR_UPDATE } from '@bitacora/db';
import { type Input, invalidParameter, type logModel, parseJson, preview } from '@bitacora/protocol';
import type { Deps } from '../deps.ts';
import { checkLength, RUN_TAG_VALUE_CHARACTERS } from '../limits/values.ts';
import { findTag } from '../tags/queries.ts';
import { writeTags } from '../tags/service.ts';
import { refuseDeleted, requireRun } from './active.ts';

const HISTORY_TAG = 'mlflow.log-model.history';
const NEEDED = ['artifact_path', 'flavors', 'utc_time_created', 'run_id'] as const;

/** Appends a model to the list that stands as JSON in a tag of the run: how clients before 3.0 record their models. */
export async function append({ write, scope }: Deps, { run_id, model_json }: Input<typeof logModel>) {
  const model = parseModel(model_json);
  const missing = NEEDED.filter((name) => !Object.hasOwn(model, name));
  if (missing.length > 0) {
    throw invalidParameter(
      `Invalid model info in 'model_json': missing required fields ${missing.join(', ')}.`,
    );
  }
  await write(async (tx) => {
    // Held, because the tag is read and then written.
    refuseDeleted(await requireRun(tx, scope, run_id, FOR_UPDATE));
    const stored = await findTag(tx, run_id, HISTORY_TAG);
    // The text of each model is kept as it came: re-writing it could change its numbers.
    const earlier = stored?.value ? stored.value.replace(/^\s*\[|\]\s*$/g, '').trim() : '';
    const value = `[${earlier === '' ? '' : `${earlier}, `}${model_json}]`;
    checkLength(value, RUN_TAG_VALUE_CHARACTERS, `the history of models in tag '${HISTORY_TAG}'`);
    await writeTags(tx, run_id, [{ key: HISTORY_TAG, value }]);
  });
  return {};
}

function parseModel(model_json: string): object {
  let model: unknown;
  try {
    model = parseJson(model_json);
  } catch (error) {
    throw invalidParameter(
      `Malformed model info in 'model_json': ${preview(model_json)} is not valid JSON.`,
      { cause: error },
    );
  }
  if (model === null || typeof model !== 'object' || Array.isArray(model)) {
    throw invalidParameter("Invalid value for parameter 'model_json' supplied: it must hold a JSON object.");
  }
  return model;
}
