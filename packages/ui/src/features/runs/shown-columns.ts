import type { Run } from '@bitacora/protocol';
import { useLocalStorage } from '@mantine/hooks';
import { useCallback, useMemo, useRef } from 'react';
import { columnId, DEFAULT_ATTRIBUTES } from './columns.tsx';
import { tellingKeys } from './run-data.ts';

interface StoredColumns {
  /** Absent: the default ones. */
  readonly ids?: readonly string[] | undefined;
  readonly widths: Readonly<Record<string, number>>;
}

export interface ShownColumns {
  readonly ids: readonly string[];
  readonly isDefault: boolean;
  readonly widths: Readonly<Record<string, number>>;
  readonly show: (ids: readonly string[]) => void;
  readonly reset: () => void;
  readonly resize: (id: string, width: number | undefined) => void;
}

const NOTHING_STORED: StoredColumns = { widths: {} };
const MOST_METRICS = 5;
const MOST_PARAMS = 5;

/** Which columns a table of runs shows, and how wide: remembered in this browser, per experiment. */
export function useShownColumns(experiment: string, runs: readonly Run[] | undefined): ShownColumns {
  const [stored, store] = useLocalStorage<StoredColumns>({
    key: `bitacora.run-columns.${experiment}`,
    defaultValue: NOTHING_STORED,
    getInitialValueInEffect: false,
    deserialize: readStored,
  });
  // Chosen once, by the first runs seen: columns must not come and go while one scrolls or a filter is tried.
  const chosen = useRef<readonly string[]>(undefined);
  if (chosen.current === undefined && runs !== undefined && runs.length > 0) {
    chosen.current = [
      ...DEFAULT_ATTRIBUTES,
      ...tellingKeys(runs, 'metrics', MOST_METRICS).map((key) => columnId('metrics', key)),
      ...tellingKeys(runs, 'params', MOST_PARAMS).map((key) => columnId('params', key)),
    ];
  }
  const ids = stored.ids ?? chosen.current ?? DEFAULT_ATTRIBUTES;
  const show = useCallback((next: readonly string[]) => store((old) => ({ ...old, ids: next })), [store]);
  const reset = useCallback(() => store(NOTHING_STORED), [store]);
  const resize = useCallback(
    (id: string, width: number | undefined) =>
      store(({ widths: { [id]: _, ...widths }, ...old }) => ({
        ...old,
        widths: width === undefined ? widths : { ...widths, [id]: width },
      })),
    [store],
  );
  return useMemo(
    () => ({ ids, isDefault: stored.ids === undefined, widths: stored.widths, show, reset, resize }),
    [ids, stored, show, reset, resize],
  );
}

/** Storage may hold anything, from an older version or by hand. */
export function readStored(text: string | undefined): StoredColumns {
  try {
    const value: unknown = JSON.parse(text ?? '');
    if (typeof value !== 'object' || value === null) return NOTHING_STORED;
    const { ids, widths } = value as Readonly<Record<string, unknown>>;
    return {
      ids: Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : undefined,
      widths:
        typeof widths === 'object' && widths !== null
          ? Object.fromEntries(
              Object.entries(widths).filter(
                (entry): entry is [string, number] => typeof entry[1] === 'number',
              ),
            )
          : {},
    };
  } catch {
    return NOTHING_STORED;
  }
}
