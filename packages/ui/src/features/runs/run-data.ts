import type { Double, Run } from '@bitacora/protocol';

export interface RunIndex {
  readonly metrics: ReadonlyMap<string, Double>;
  readonly params: ReadonlyMap<string, string>;
  readonly tags: ReadonlyMap<string, string>;
}

const indexes = new WeakMap<Run, RunIndex>();

/** Metrics, params and tags by key; made once per run, because a table asks for them at every cell. */
export function indexOf(run: Run): RunIndex {
  let index = indexes.get(run);
  if (!index) {
    const { metrics = [], params = [], tags = [] } = run.data;
    index = {
      metrics: new Map(metrics.map(({ key, value }) => [key, value])),
      params: new Map(params.map(({ key, value }) => [key, value ?? ''])),
      tags: new Map(tags.map(({ key, value }) => [key, value ?? ''])),
    };
    indexes.set(run, index);
  }
  return index;
}

export const runName = ({ info }: Run): string => info.run_name || info.run_id;

export const isUnfinished = ({ info }: Run): boolean =>
  info.status === 'RUNNING' || info.status === 'SCHEDULED';

export const SYSTEM_PREFIX = 'system/';

export interface Keys {
  readonly metrics: readonly string[];
  readonly params: readonly string[];
  readonly tags: readonly string[];
}

/** All keys of some runs, each kind in order of name. */
export function keysOf(runs: readonly Run[]): Keys {
  const sets = { metrics: new Set<string>(), params: new Set<string>(), tags: new Set<string>() };
  for (const run of runs) {
    const index = indexOf(run);
    for (const key of index.metrics.keys()) sets.metrics.add(key);
    for (const key of index.params.keys()) sets.params.add(key);
    for (const key of index.tags.keys()) if (!key.startsWith('mlflow.')) sets.tags.add(key);
  }
  return { metrics: sorted(sets.metrics), params: sorted(sets.params), tags: sorted(sets.tags) };
}

const sorted = (keys: ReadonlySet<string>) =>
  [...keys].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));

/**
 * The keys that tell these runs apart: those whose values differ, first those that most runs have. Where nothing
 * differs, as with a single run, those that are there. Metrics of the machine come after all others.
 */
export function tellingKeys(
  runs: readonly Run[],
  kind: 'metrics' | 'params',
  most: number,
): readonly string[] {
  const seen = new Map<string, { count: number; first: unknown; differs: boolean }>();
  for (const run of runs) {
    for (const [key, value] of indexOf(run)[kind]) {
      const entry = seen.get(key);
      if (!entry) seen.set(key, { count: 1, first: value, differs: false });
      else {
        entry.count++;
        entry.differs ||= entry.first !== value;
      }
    }
  }
  const all = [...seen].map(([key, { count, differs }]) => ({
    key,
    count,
    differs: differs || count < runs.length,
    isSystem: kind === 'metrics' && key.startsWith(SYSTEM_PREFIX),
  }));
  const telling = all.filter(({ differs, isSystem }) => differs && !isSystem);
  return (telling.length > 0 ? telling : all)
    .sort(
      (a, b) =>
        Number(a.isSystem) - Number(b.isSystem) ||
        b.count - a.count ||
        a.key.localeCompare(b.key, 'en', { numeric: true }),
    )
    .slice(0, most)
    .map(({ key }) => key);
}
