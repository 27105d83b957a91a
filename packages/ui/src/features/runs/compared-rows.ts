import type { Run } from '@bitacora/protocol';
import { indexOf, keysOf } from './run-data.ts';

export interface ComparedRow {
  readonly kind: 'attributes' | 'metrics' | 'params' | 'tags';
  readonly key: string;
}

/** The rows of a comparison; what all runs share is left out where only differences are wanted. */
export function comparedRows(runs: readonly Run[], isDiffOnly: boolean): readonly ComparedRow[] {
  const keys = keysOf(runs);
  const fields = (['metrics', 'params', 'tags'] as const).flatMap((kind) =>
    keys[kind]
      .filter((key) => !isDiffOnly || new Set(runs.map((run) => indexOf(run)[kind].get(key))).size > 1)
      .map((key) => ({ kind, key })),
  );
  const attributes = ['run', 'status'].map((key) => ({ kind: 'attributes' as const, key }));
  return [...attributes, ...fields];
}
