import type { Tx } from '@bitacora/db';
import { type deleteTag as deleteTagEndpoint, type Input, notFound, type setTag } from '@bitacora/protocol';
import type { Deps, Settings } from '../deps.ts';
import { checkKey } from '../limits/keys.ts';
import { fit, RUN_TAG_VALUE_CHARACTERS } from '../limits/values.ts';
import { requireActiveRun } from '../runs/active.ts';
import { renameRun } from '../runs/queries.ts';
import { deleteTag, upsertTags } from './queries.ts';

/** A run's name stands in its row and in this tag; both change together. */
export const RUN_NAME_TAG = 'mlflow.runName';

export interface Tag {
  readonly key: string;
  readonly value: string;
}

/** @throws MlflowError INVALID_PARAMETER_VALUE naming the field below `path`. */
export function checkTag(
  { key, value = '' }: { readonly key: string; readonly value?: string | undefined },
  path: string,
  { truncateLongValues }: Settings,
): Tag {
  checkKey('tag', key, `${path}key`);
  return {
    key,
    value: fit(value, RUN_TAG_VALUE_CHARACTERS, { cut: truncateLongValues, path: `${path}value` }),
  };
}

export async function set({ write, settings, scope }: Deps, input: Input<typeof setTag>) {
  const tag = checkTag(input, '', settings);
  await write(
    async (tx) => {
      await requireActiveRun(tx, scope, input.run_id);
      await writeTags(tx, input.run_id, [tag]);
    },
    // A name stands in two places, which must not be those of two callers.
    { commutes: tag.key !== RUN_NAME_TAG },
  );
  return {};
}

/** Sets tags, the last of equal keys winning. An empty run name is ignored, as MLflow does. */
export async function writeTags(tx: Tx, run_id: string, tags: readonly Tag[]): Promise<void> {
  if (tags.length === 0) return;
  const kept = tags.filter(({ key, value }) => key !== RUN_NAME_TAG || value !== '');
  const name = kept.findLast(({ key }) => key === RUN_NAME_TAG);
  // The run before its tag, as who changes the run takes them: the other way round each waited for the other.
  if (name) await renameRun(tx, run_id, name.value);
  await upsertTags(tx, run_id, kept);
}

export async function remove({ write, scope }: Deps, { run_id, key }: Input<typeof deleteTagEndpoint>) {
  await write(async (tx) => {
    await requireActiveRun(tx, scope, run_id);
    const { changes } = await deleteTag(tx, run_id, key);
    if (changes === 0) throw notFound(`tag on run ${run_id}`, key, 'key');
  });
  return {};
}
