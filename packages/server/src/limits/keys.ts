import { posix } from 'node:path';
import { invalidParameter, preview } from '@bitacora/protocol';

/** MLflow's cap on the keys of params, metrics and tags, in characters. */
const MOST_KEY_CHARACTERS = 250;

const ALLOWED = /^[\p{L}\p{N}_/. :-]*$/u;
/** Most keys are plain ASCII words: those need no Unicode classes. */
const PLAIN = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;

export type KeyKind = 'metric' | 'param' | 'tag';

/**
 * A key must be a name that is also a safe relative path, since MLflow's file stores use it as one.
 *
 * @throws MlflowError INVALID_PARAMETER_VALUE naming `path` (such as `metrics[3].key`).
 */
export function checkKey(kind: KeyKind, key: string, path: string): void {
  if (key.length <= MOST_KEY_CHARACTERS && PLAIN.test(key)) return;
  if (!ALLOWED.test(key)) {
    throw refuse(
      kind,
      key,
      path,
      'it may hold only letters, digits, underscores (_), dashes (-), periods (.), spaces ( ), colons (:) and slashes (/)',
    );
  }
  if (
    key === '.' ||
    key.startsWith('..') ||
    key.startsWith('/') ||
    key !== posix.normalize(key) ||
    key.endsWith('/')
  ) {
    throw refuse(
      kind,
      key,
      path,
      'it must be a relative path in its shortest form, without "//", "./", ".." or a "/" at either end',
    );
  }
  if ([...key].length > MOST_KEY_CHARACTERS) {
    throw refuse(
      kind,
      key,
      path,
      `it has ${[...key].length} characters, at most ${MOST_KEY_CHARACTERS} are allowed`,
    );
  }
}

const refuse = (kind: KeyKind, key: string, path: string, why: string) =>
  invalidParameter(`Invalid ${kind} name '${preview(key)}' for parameter '${path}': ${why}.`);
