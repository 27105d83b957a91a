import { type Db, empty } from '@bitacora/db';
import { MlflowError, preview } from '@bitacora/protocol';
import { isPrompt } from '../prompts/prompts.ts';
import { checkModelName } from './names.ts';
import { findRegisteredModel, listModelTags } from './queries.ts';

/**
 * The row has the name as it is stored, which what is written beside it must use: MySQL finds it in any case.
 *
 * @param lock how the model is to be held, in a transaction.
 * @throws MlflowError RESOURCE_DOES_NOT_EXIST, or INVALID_PARAMETER_VALUE for what cannot be a name.
 */
export async function requireRegisteredModel(db: Db, workspace: string, name: string, lock = empty) {
  checkModelName(name);
  const row = await findRegisteredModel(db, workspace, name, lock);
  if (row) return row;
  throw unknownModel(name);
}

export const unknownModel = (name: string) =>
  new MlflowError('RESOURCE_DOES_NOT_EXIST', `Registered Model with name=${preview(name)} not found`);

/** Whether the registered model is a prompt, by what is stored. */
export const isStoredPrompt = async (db: Db, workspace: string, name: string) =>
  isPrompt(await listModelTags(db, workspace, [name]));
