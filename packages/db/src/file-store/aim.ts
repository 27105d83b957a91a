import { join } from 'node:path';
import type { Compiled, SqlValue } from '../sql.ts';
import { isExperimentId } from './facts.ts';
import { RUN_ID } from './layout.ts';
import { experimentFolders, HELD_IN, traceFolders, versionFolders } from './places.ts';
import { statOf } from './prints.ts';
import type { FolderSync } from './sync.ts';
import { metaFile, type Part, partsOf, type Unit, type UnitKey } from './units.ts';

/** What a statement reads, by the tables that its text names. */
interface Reads {
  readonly run: readonly Part[];
  readonly model: readonly Part[];
  readonly trace: readonly Part[];
  readonly isRegistry: boolean;
  readonly isExperiments: boolean;
  /** Takes traces of an experiment without naming them, to delete them. */
  readonly isTracesOf: boolean;
  /** Makes an experiment, whose name must be free. */
  readonly isNewExperiment: boolean;
}

type PartsOfTables = Readonly<Record<string, readonly Part[]>>;

const RUN_TABLES: PartsOfTables = {
  runs: ['meta'],
  metrics: ['metrics'],
  latest_metrics: ['metrics'],
  params: ['params'],
  tags: ['tags'],
  inputs: ['links'],
  input_tags: ['links'],
};
const MODEL_TABLES: PartsOfTables = {
  logged_models: ['meta'],
  logged_model_metrics: ['metrics'],
  logged_model_params: ['params'],
  logged_model_tags: ['tags'],
};
const TRACE_TABLES: PartsOfTables = {
  // Its columns hold some of the metadata, and the name, which is a tag.
  trace_info: ['meta', 'params', 'tags'],
  trace_request_metadata: ['params'],
  trace_tags: ['tags'],
  assessments: ['links'],
};
const REGISTRY_TABLES = new Set([
  'registered_models',
  'registered_model_tags',
  'registered_model_aliases',
  'model_versions',
  'model_version_tags',
]);

const partsIn = (tables: readonly string[], parts: PartsOfTables): Part[] => [
  ...new Set(tables.flatMap((table) => (Object.hasOwn(parts, table) ? parts[table]! : []))),
];

function readsOf(text: string): Reads {
  const tables = [...text.matchAll(/\b(?:FROM|JOIN|INTO|UPDATE)\s+(\w+)/gi)].map(([, table]) => table!);
  return {
    run: partsIn(tables, RUN_TABLES),
    model: partsIn(tables, MODEL_TABLES),
    trace: partsIn(tables, TRACE_TABLES),
    isRegistry: tables.some((table) => REGISTRY_TABLES.has(table)),
    isExperiments: tables.some((table) => table === 'experiments' || table === 'experiment_tags'),
    isTracesOf: /\bFROM trace_info\s+WHERE experiment_id = /i.test(text),
    isNewExperiment: /^\s*INSERT INTO experiments\b/i.test(text),
  };
}

const KEPT_TEXTS = 1000;
const known = new Map<string, Reads>();

function lookUp(text: string): Reads {
  let reads = known.get(text);
  if (reads === undefined) {
    if (known.size >= KEPT_TEXTS) known.clear();
    reads = readsOf(text);
    known.set(text, reads);
  }
  return reads;
}

/** Whether the statement reads or writes anything that the folder holds. */
export function concernsFolder(text: string): boolean {
  const { run, model, trace, isRegistry, isExperiments } = lookUp(text);
  return run.length + model.length + trace.length > 0 || isRegistry || isExperiments;
}

/** Whether the statement answers a page of what is found. */
export const isSearch = (text: string): boolean => concernsFolder(text) && /\bLIMIT\b/.test(text);

/** Values that are bound in many statements and name nothing. */
const WORDS = new Set(['', 'active', 'deleted', 'default']);

/** How the ids look that are given out: by one of them something may be meant that is not known yet. */
const NEW = {
  run: /^[0-9a-f]{32}$/,
  model: /^m-[0-9a-f]{32}$/,
  trace: /^(?:tr-[\w-]{1,100}|[0-9a-f]{32})$/,
} as const;
type Held = keyof typeof NEW;
const HELD = Object.keys(NEW) as Held[];

/**
 * What in the folder a statement is about, as far as it is not as the index has it: each id or name that is bound to
 * it is looked at, which costs some stats of files. So whoever asks for a run, or writes to one, meets what another
 * program has just written.
 *
 * @returns undefined when the statement names nothing in particular.
 */
export function changedNamed(sync: FolderSync, { text, values }: Compiled): UnitKey[] | undefined {
  const reads = lookUp(text);
  const found: UnitKey[] = [];
  let namesAny = false;
  const look = (units: Iterable<UnitKey> | undefined) => {
    if (units === undefined) return;
    namesAny = true;
    found.push(...units);
  };
  for (const value of values.flatMap(single)) {
    if (typeof value === 'string') {
      if (WORDS.has(value)) continue;
      for (const kind of RUN_ID.test(value) ? HELD : [])
        if (reads[kind].length > 0) look(changedHeld(sync, kind, value, reads[kind]));
      if (reads.isRegistry) look(changedRegistered(sync, value));
      if (reads.isExperiments) look(changedExperiments(sync));
    } else if (value !== null) {
      if (reads.isExperiments) look(changedExperiment(sync, String(value)));
      if (reads.isTracesOf) look(changedTraces(sync, String(value)));
    }
  }
  if (reads.isNewExperiment) look(changedExperiments(sync));
  return namesAny ? found : undefined;
}

type Bound = SqlValue | readonly (string | number | bigint)[];

/** Lists are bound as JSON; one of a single value names something, a longer one is a page of what was found. */
function single(value: Bound): readonly (string | number | bigint | null)[] {
  if (typeof value === 'number' || typeof value === 'bigint' || value === null) return [value];
  if (typeof value !== 'string') return [];
  if (value.length > 300) return [];
  const only = /^\[(?:"((?:[^"\\])*)"|(-?\d+))\]$/.exec(value);
  if (only) return [only[1] ?? BigInt(only[2]!)];
  return [value];
}

function changedHeld(
  sync: FolderSync,
  kind: Held,
  id: string,
  parts: readonly Part[],
): UnitKey[] | undefined {
  const unit = sync.book.find(kind, id);
  if (unit) return changedParts(sync, unit, parts);
  return NEW[kind].test(id) ? findNew(sync, kind, id) : undefined;
}

function changedParts(sync: FolderSync, unit: Unit, parts: readonly Part[]): UnitKey[] {
  const folder = sync.folderOf(unit);
  const isSame = folder !== undefined && !sync.hasChanged(unit, folder, unit.is_valid ? parts : ['meta']);
  return isSame ? [] : [unit];
}

/** A run, model or trace that the index does not know yet, in whichever experiment it is. */
function findNew(sync: FolderSync, kind: Held, id: string): UnitKey[] {
  for (const [experiment, folder] of experimentFolders(sync.layout)) {
    if (!isExperimentId(experiment)) continue;
    if (!statOf(join(folder, HELD_IN[kind], id, metaFile(kind)))) continue;
    return [...(changedExperiment(sync, experiment) ?? []), { kind, id, parent: experiment }];
  }
  return [];
}

function changedExperiment(sync: FolderSync, id: string): UnitKey[] | undefined {
  if (!isExperimentId(id)) return undefined;
  const unit = sync.book.find('experiment', id);
  const place = sync.findExperiment(id);
  if (!unit) return place ? [{ kind: 'experiment', id, parent: '' }] : undefined;
  const isSame =
    place?.is_trashed === unit.is_trashed &&
    !sync.hasChanged(unit, place.folder, unit.is_valid ? partsOf('experiment') : ['meta']);
  return isSame ? [] : [unit];
}

function changedTraces(sync: FolderSync, experiment: string): UnitKey[] | undefined {
  const place = isExperimentId(experiment) ? sync.findExperiment(experiment) : undefined;
  return place && [...sync.changed('trace', experiment, traceFolders(place.folder), () => ['meta'])];
}

/** By name, any of them may be meant, and the name may just have been taken. */
function changedExperiments(sync: FolderSync): UnitKey[] {
  const ids = new Set([
    ...experimentFolders(sync.layout).keys(),
    ...sync.book.list('experiment', '').map(({ id }) => id),
  ]);
  return [...ids].flatMap((id) => changedExperiment(sync, id) ?? []);
}

function changedRegistered(sync: FolderSync, name: string): UnitKey[] | undefined {
  if (/[/\\\0]/.test(name) || name === '.' || name === '..' || name.length > 256) return undefined;
  const unit = sync.book.find('registered', name);
  const folder = sync.layout.registeredModel(name);
  if (!unit && !statOf(folder)?.isDirectory()) return undefined;
  const own = unit
    ? changedParts(sync, unit, partsOf('registered'))
    : [{ kind: 'registered', id: name, parent: '' } as const];
  const versions = sync.changed('version', name, versionFolders(name, folder), ({ is_valid }) =>
    is_valid ? partsOf('version') : ['meta'],
  );
  return [...own, ...versions];
}
