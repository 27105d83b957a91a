import { type Db, type Sql, type Tx, together } from '@bitacora/db';
import { invalidParameter, MlflowError, preview } from '@bitacora/protocol';
import { requireRegisteredModel } from '../registered-models/active.ts';
import { checkModelName } from '../registered-models/names.ts';
import { findVersion } from './queries.ts';

/** What the column holds; PostgreSQL refuses to compare it with more. */
export const MOST_VERSIONS = 2 ** 31 - 1;

/** Versions are whole numbers from 1 up, sent as text and read as Python reads it. @throws MlflowError INVALID_PARAMETER_VALUE */
export function parseVersion(text: string): number {
  if (/^\s*[+-]?\d+\s*$/.test(text)) return Number(text);
  throw invalidParameter(
    `Invalid value '${preview(text)}' for parameter 'version': Model version must be an integer.`,
  );
}

/** @throws MlflowError RESOURCE_DOES_NOT_EXIST for an unknown or deleted version, or an unknown model. */
export async function requireVersion(db: Db, workspace: string, name: string, version: number) {
  const row = version <= MOST_VERSIONS ? await findVersion(db, workspace, name, version) : undefined;
  if (row) return row;
  await requireRegisteredModel(db, workspace, name);
  throw new MlflowError(
    'RESOURCE_DOES_NOT_EXIST',
    `Model Version (name=${preview(name)}, version=${version}) not found`,
  );
}

/**
 * The same for a version that is about to be written to, while its model is held: all who change versions of a model in a
 * way that must not meet another change hold that with `FOR_UPDATE`, as who deletes or renames it does.
 */
export async function holdVersion(tx: Tx, workspace: string, name: string, version: number, lock: Sql) {
  checkModelName(name);
  let row: Awaited<ReturnType<typeof requireVersion>> | undefined;
  await together(tx, [
    () => requireRegisteredModel(tx, workspace, name, lock),
    // Sent behind the lock, and read once that is held.
    async () => {
      row = await requireVersion(tx, workspace, name, version);
    },
  ]);
  return row!;
}
