import type { FileInfo } from '@bitacora/protocol';

/** Folders first, then by name as people count. */
export const inOrder = (files: readonly FileInfo[]): readonly FileInfo[] =>
  files.toSorted(
    (a, b) => Number(b.is_dir) - Number(a.is_dir) || a.path.localeCompare(b.path, 'en', { numeric: true }),
  );

export const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** `a/b/c` lies in `a` and `a/b`. */
export function parentsOf(path: string): readonly string[] {
  const parts = path.split('/');
  return parts.slice(0, -1).map((_, index) => parts.slice(0, index + 1).join('/'));
}
