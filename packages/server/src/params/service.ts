import type { Tx } from '@bitacora/db';
import { type Input, invalidParameter, type logParam, preview } from '@bitacora/protocol';
import type { Deps, Settings } from '../deps.ts';
import { checkKey } from '../limits/keys.ts';
import { fit, PARAM_VALUE_CHARACTERS } from '../limits/values.ts';
import { requireActiveRun } from '../runs/active.ts';
import { findParams, insertParams } from './queries.ts';

export interface Param {
  readonly key: string;
  readonly value: string;
}

/** @throws MlflowError INVALID_PARAMETER_VALUE naming the field below `path`. */
export function checkParam(
  { key, value = '' }: { readonly key: string; readonly value?: string | undefined },
  path: string,
  { truncateLongValues }: Settings,
): Param {
  checkKey('param', key, `${path}key`);
  return {
    key,
    value: fit(value, PARAM_VALUE_CHARACTERS, { cut: truncateLongValues, path: `${path}value` }),
  };
}

export async function log({ write, settings, scope }: Deps, input: Input<typeof logParam>) {
  const param = checkParam(input, '', settings);
  await write(
    async (tx) => {
      await requireActiveRun(tx, scope, input.run_id);
      await writeParams(tx, input.run_id, [param]);
    },
    { commutes: true },
  );
  return {};
}

/**
 * Params are written once: the same value again changes nothing. The table's key decides, not a look before: of two who
 * write at once one finds the other's.
 *
 * @throws MlflowError INVALID_PARAMETER_VALUE when a key is there with another value; nothing is written then.
 */
export async function writeParams(tx: Tx, run_id: string, params: readonly Param[]): Promise<void> {
  if (params.length === 0) return;
  const inserted = await insertParams(tx, run_id, params);
  if (inserted === params.length) return;
  const keys = params.map(({ key }) => key);
  const kept = new Map((await findParams(tx, run_id, keys)).map(({ key, value }) => [key, value]));
  for (const { key, value } of params) {
    const there = kept.get(key);
    if (there === undefined) {
      throw invalidParameter(
        `Param with key='${key}' cannot be logged for run ID='${run_id}': the database takes it for another key of this run, because its collation sees no difference. Choose a key that differs in more than case or accents.`,
      );
    }
    if (there !== value) {
      throw invalidParameter(
        `Changing param values is not allowed. Param with key='${key}' was already logged with value='${preview(there)}' for run ID='${run_id}'. Attempted logging new value '${preview(value)}'.`,
      );
    }
  }
}
