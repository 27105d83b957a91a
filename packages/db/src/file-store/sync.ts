import { join } from 'node:path';
import type { SqliteConnection } from '../sqlite/connection.ts';
import { isExperimentId, type PartReader } from './facts.ts';
import { type Layout, META } from './layout.ts';
import { HELD_IN } from './places.ts';
import { statOf, sumPrints } from './prints.ts';
import { EXPERIMENT_READERS } from './read-experiment.ts';
import { MODEL_READERS } from './read-model.ts';
import { REGISTERED_READERS, VERSION_READERS } from './read-registry.ts';
import { RUN_READERS } from './read-run.ts';
import { TRACE_READERS } from './read-trace.ts';
import { PartReading, type Source } from './reading.ts';
import { CHILDREN, removeRows } from './remove.ts';
import { RowBuffer } from './row-buffer.ts';
import {
  Book,
  emptyUnit,
  filesOf,
  metaFile,
  type Part,
  partsOf,
  type Unit,
  type UnitKey,
  type UnitKind,
} from './units.ts';

const READERS: Readonly<Record<UnitKind, Partial<Readonly<Record<Part, PartReader>>>>> = {
  experiment: EXPERIMENT_READERS,
  run: RUN_READERS,
  model: MODEL_READERS,
  trace: TRACE_READERS,
  registered: REGISTERED_READERS,
  version: VERSION_READERS,
};

/**
 * Brings the index up to what the folder says. To look whether something has changed needs no lock; to take it up
 * needs a transaction, in which it is looked at again: what this process itself is writing is in the index by then.
 */
export class FolderSync {
  readonly layout: Layout;
  readonly book: Book;
  readonly #index: SqliteConnection;
  readonly #isBuilding: boolean;
  #source: Source;

  /** @param isBuilding the index is new and nobody reads it yet, so that rows of many units may wait for each other. */
  constructor(index: SqliteConnection, layout: Layout, { isBuilding = false } = {}) {
    this.#index = index;
    this.layout = layout;
    this.book = new Book(index);
    this.#isBuilding = isBuilding;
    this.#source = this.#newPass();
  }

  /** Puts the rows into the index that still wait: needed at the end of a first reading alone. */
  flush(): void {
    this.#source.rows.flush();
  }

  #newPass(): Source {
    const { book, layout } = this;
    return { index: this.#index, book, layout, rows: new RowBuffer(this.#index), datasets: new Map() };
  }

  /** Where the experiment's folder is: in its place, in the trash, or nowhere. */
  findExperiment(id: string): { readonly folder: string; readonly is_trashed: 0 | 1 } | undefined {
    for (const is_trashed of [0, 1] as const) {
      const folder = this.layout.experiment(id, is_trashed === 1);
      if (statOf(folder)?.isDirectory()) return { folder, is_trashed };
    }
    return undefined;
  }

  folderOf({ kind, id, parent }: UnitKey): string | undefined {
    switch (kind) {
      case 'experiment':
        return this.findExperiment(id)?.folder;
      case 'registered':
        return this.layout.registeredModel(id);
      case 'version':
        return this.layout.version(parent, id.slice(parent.length + 1));
      case 'run':
      case 'model':
      case 'trace': {
        const experiment = this.findExperiment(parent)?.folder;
        return experiment && join(experiment, HELD_IN[kind], id);
      }
    }
  }

  /** Whether a part of the unit, or one of several, is not as the index has it. */
  hasChanged(unit: Unit, folder: string, parts: readonly Part[]): boolean {
    return parts.some((part) => unit[part] !== sumPrints(filesOf(unit.kind, part, folder)));
  }

  /** Everything of a kind that is new, gone, or changed in one of the parts that `partsToSee` names. */
  *changed(
    kind: UnitKind,
    parent: string,
    folders: ReadonlyMap<string, string>,
    partsToSee: (unit: Unit) => readonly Part[],
    hasMoved: (unit: Unit) => boolean = () => false,
  ): Generator<UnitKey> {
    const known = new Map(this.book.list(kind, parent).map((unit) => [unit.id, unit]));
    for (const [id, folder] of folders) {
      const unit = known.get(id);
      if (unit === undefined || hasMoved(unit) || this.hasChanged(unit, folder, partsToSee(unit)))
        yield { kind, id, parent };
    }
    for (const id of known.keys()) if (!folders.has(id)) yield { kind, id, parent };
  }

  /** Takes up what the folder of a unit says, as far as it differs. Needs a transaction. @returns whether it may be written just now. */
  refresh(key: UnitKey): boolean {
    const folder = this.folderOf(key);
    const known = this.book.find(key.kind, key.id);
    if (folder === undefined || !statOf(folder)?.isDirectory()) {
      if (known) this.#remove(known);
      return false;
    }
    if (known && known.parent !== key.parent && this.#isElsewhere(known, key, folder)) return false;
    const is_trashed = key.kind === 'experiment' ? (this.findExperiment(key.id)?.is_trashed ?? 0) : 0;
    // Elsewhere than before, it is as good as new.
    const moved = known !== undefined && (known.parent !== key.parent || known.is_trashed !== is_trashed);
    const unit = {
      ...(known && !moved ? known : { ...emptyUnit(key), is_valid: known?.is_valid ?? 0 }),
      is_trashed,
    };
    return this.#read(unit, folder);
  }

  /** The same run, model or trace in two experiments: which is the copy, only a person can know. */
  #isElsewhere(known: Unit, { kind, id, parent }: UnitKey, folder: string): boolean {
    const other = this.folderOf(known);
    if (other === undefined || !statOf(join(other, metaFile(kind)))) return false;
    const reason = `it is in ${other} too, which counts`;
    this.book.setProblems({ kind, id: `${parent}/${id}` }, 'meta', [{ path: folder, reason }]);
    return true;
  }

  /** A new pass over many units reads each data set once. */
  startPass(): void {
    this.#source = this.#newPass();
  }

  #read(before: Unit, folder: string): boolean {
    let unit: Unit = before;
    let mayBeWriting = false;
    for (const part of partsOf(unit.kind)) {
      const files = filesOf(unit.kind, part, folder);
      if (unit[part] === sumPrints(files)) {
        if (part === 'meta' && unit.is_valid === 0) break;
        continue;
      }
      const reading = new PartReading(unit, folder, {
        isTrashed: unit.is_trashed === 1,
        isNew: before.is_valid === 0,
      });
      const isValid =
        (part !== 'meta' || this.#canHold(unit, reading)) &&
        READERS[unit.kind][part]!(this.#source, reading, files);
      if (!this.#isBuilding) this.#source.rows.flush();
      if (part === 'meta' && files.length === 0) reportMissing(unit, reading);
      const print = reading.finish(this.book, part, files);
      mayBeWriting ||= reading.mayBeWriting;
      unit = { ...unit, [part]: print };
      if (part !== 'meta') continue;
      // What can be read again in a moment stays as it was until then.
      if (!isValid && before.is_valid === 1 && !reading.mayBeWriting) this.#removeRows(before);
      if (!isValid && !(before.is_valid === 1 && reading.mayBeWriting)) {
        unit = { ...emptyUnit(unit), is_trashed: unit.is_trashed, meta: print };
        break;
      }
      unit = { ...unit, is_valid: 1 };
    }
    this.book.put(unit);
    return mayBeWriting;
  }

  /** Nothing can be read whose experiment or registered model cannot. */
  #canHold({ kind, id, parent }: Unit, reading: PartReading): boolean {
    if (kind === 'experiment' && !isExperimentId(id)) {
      reading.skip(
        { path: META, changed_ms: 0 },
        `'${id}' is no id of an experiment: a whole number is needed`,
      );
      return false;
    }
    if (kind === 'experiment' || kind === 'registered') return true;
    return this.book.find(kind === 'version' ? 'registered' : 'experiment', parent)?.is_valid === 1;
  }

  #removeRows(unit: Unit): void {
    for (const kind of CHILDREN[unit.kind])
      for (const child of this.book.list(kind, unit.id)) this.#remove(child);
    if (unit.is_valid === 1) removeRows(this.#source, unit);
  }

  #remove(unit: Unit): void {
    this.#removeRows(unit);
    this.book.remove(unit);
  }
}

/** A folder that was to be something, and whose writer stopped before the end; others may have folders here too. */
function reportMissing({ kind, id }: Unit, reading: PartReading): void {
  const holds = (...names: readonly string[]) =>
    names.some((name) => statOf(join(reading.folder, name))?.isDirectory());
  const isOurs = {
    experiment: isExperimentId(id),
    run: holds('metrics', 'params', 'tags'),
    // Its artifacts may come first.
    trace: holds('tags', 'request_metadata', 'assessments'),
    model: true,
    registered: true,
    version: true,
  }[kind];
  if (!isOurs) return;
  const changed_ms = statOf(reading.folder)?.mtimeMs ?? 0;
  reading.skip(
    { path: metaFile(kind), changed_ms },
    'it is missing: the folder is half written, or half deleted',
  );
}
