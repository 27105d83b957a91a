import type { Db } from '@bitacora/db';
import { invalidParameter, MlflowError, preview } from '@bitacora/protocol';
import { requireRegisteredModel } from '../registered-models/active.ts';
import { findVersion } from './queries.ts';

/** Versions are small whole numbers, sent as text. @throws MlflowError INVALID_PARAMETER_VALUE */
export function parseVersion(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw invalidParameter(
    `Invalid value '${preview(text)}' for parameter 'version': Model version must be an integer.`,
  );
}

/** @throws MlflowError RESOURCE_DOES_NOT_EXIST for an unknown or deleted version, or an unknown model. */
export async function requireVersion(db: Db, workspace: string, name: string, version: number) {
  const row = await findVersion(db, workspace, name, version);
  if (row) return row;
  await requireRegisteredModel(db, workspace, name);
  throw new MlflowError(
    'RESOURCE_DOES_NOT_EXIST',
    `Model Version (name=${preview(name)}, version=${version}) not found`,
  );
}
