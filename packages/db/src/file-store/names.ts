import { ValueRefused } from '../handles.ts';

/** What MLflow takes as a key when it reads one back; one that it does not take hides the whole run from it. */
const KEY = /^[\p{L}\p{N}_/. :-]+$/u;

/** Bytes that a file system gives a name. */
const MOST_BYTES = 255;

/** A key as the path of a file below its folder. @throws ValueRefused */
export function checkKeyPath(key: string): string {
  const parts = key.split('/');
  const isPath = KEY.test(key) && parts.every((part) => part !== '' && part !== '.' && part !== '..');
  if (isPath && parts.every((part) => Buffer.byteLength(part) <= MOST_BYTES)) return key;
  throw new ValueRefused(
    `The key '${key.slice(0, 100)}' cannot be kept in a file store, where it is the path of a file: it may hold letters, digits and _ - . : / with single names of up to ${MOST_BYTES} bytes between slashes.`,
  );
}

/** The name of one folder. @throws ValueRefused */
export function checkFolderName(name: string): string {
  const isName =
    !/[/\\\0]/.test(name) &&
    name !== '' &&
    name !== '.' &&
    name !== '..' &&
    Buffer.byteLength(name) <= MOST_BYTES;
  if (isName) return name;
  throw new ValueRefused(
    `'${name.slice(0, 100)}' cannot be kept in a file store, where it is the name of a folder: it must not hold slashes, and have from 1 to ${MOST_BYTES} bytes.`,
  );
}
