import { posix } from 'node:path';
import { invalidParameter, preview } from '@bitacora/protocol';
import { checkKey } from '../limits/keys.ts';
import { checkLength } from '../limits/values.ts';

/** Width of MLflow's column, in characters. */
const NAME_CHARACTERS = 256;
/** MLflow's cap on the values of tags in the registry, in characters; so prompts are no longer either. */
const TAG_VALUE_CHARACTERS = 100_000;
/**
 * MLflow keeps descriptions of any length where the engine does: SQLite, whose columns have no width. They get the cap of
 * tags; an engine whose column is narrower refuses what does not fit.
 */
const DESCRIPTION_CHARACTERS = 100_000;

/**
 * A name may hold anything that is one segment of a path and of a `models:/` URI.
 *
 * @throws MlflowError INVALID_PARAMETER_VALUE
 */
export function checkModelName(name: string, path = 'name'): void {
  const fail = (why: string) =>
    invalidParameter(`Invalid model name '${preview(name)}' for parameter '${path}': ${why}.`);
  if (name.trim() === '') throw fail('it is blank');
  if (/[/:]/.test(name)) throw fail("it cannot contain '/' or ':'");
  if (name === '.' || name.startsWith('..') || name !== posix.normalize(name))
    throw fail('it must not be a path');
  checkLength(name, NAME_CHARACTERS, path);
}

/** @throws MlflowError INVALID_PARAMETER_VALUE */
export const checkDescription = (description: string) =>
  checkLength(description, DESCRIPTION_CHARACTERS, 'description');

/** @throws MlflowError INVALID_PARAMETER_VALUE */
export function checkRegistryTag(
  { key, value = '' }: { readonly key: string; readonly value?: string | undefined },
  path = '',
) {
  checkKey('tag', key, `${path}key`);
  checkLength(value, TAG_VALUE_CHARACTERS, `${path}value`);
  return { key, value };
}
