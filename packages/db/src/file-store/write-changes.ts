import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SqliteConnection } from '../sqlite/connection.ts';
import { moveFolder } from './folders.ts';
import { MODELS } from './layout.ts';
import { WRITERS, type Written } from './meta-texts.ts';
import { checkFolderName, checkKeyPath } from './names.ts';
import { HELD_IN } from './places.ts';
import { pointLine } from './points.ts';
import { exchange, type FoundFile, findFile, UNSETTLED } from './prints.ts';
import { CHILDREN } from './remove.ts';
import type { FolderSync } from './sync.ts';
import { type Dirty, type DirtyPoint, takeChanges } from './track.ts';
import { emptyUnit, metaFile, type Part, type Unit, type UnitKind } from './units.ts';
import { valuePath, valueText } from './values.ts';
import { writeLink } from './write-links.ts';
import { FileChanges } from './writing.ts';

/** Folders that MLflow wants to see before it takes a folder for a run. */
const NEW_FOLDERS: Readonly<Partial<Record<UnitKind, readonly string[]>>> = {
  run: ['metrics', 'params', 'artifacts'],
  model: ['metrics', 'params'],
};

/** A unit that is being written. */
interface Writing {
  readonly unit: Unit;
  readonly folder: string;
  /** Files that were there before they are written, to tell the new print from the old. */
  readonly touched: { readonly part: Part; readonly path: string; readonly old: FoundFile | undefined }[];
}

/**
 * Writes the files of exactly what the transaction has changed; when it returns, they are on disk, and the index knows
 * them as they are. The transaction is still to be committed.
 */
export async function writeChanges(index: SqliteConnection, sync: FolderSync): Promise<void> {
  const { renamed, dirty, points } = takeChanges(index);
  if (dirty.length === 0 && points.length === 0) return;
  const done: (readonly [from: string, to: string])[] = [];
  try {
    for (const { old, new: name } of renamed) done.unshift(await renameModel(sync, old, name));
    const changes = new FileChanges(sync.layout.root);
    const plan = new Plan(index, sync, changes);
    for (const each of dirty) plan.value(each);
    plan.points(points);
    plan.metas(dirty);
    await changes.make();
    await plan.finish();
  } catch (error) {
    for (const [from, to] of done) if (existsSync(to)) await moveFolder(to, from);
    throw error;
  }
}

/** The folder goes along with all that is in it; what stands in its files is written like any change. */
async function renameModel(sync: FolderSync, old: string, name: string): Promise<readonly [string, string]> {
  const from = sync.layout.registeredModel(checkFolderName(old));
  const to = sync.layout.registeredModel(checkFolderName(name));
  if (existsSync(from)) await moveFolder(from, to);
  for (const version of sync.book.list('version', old)) sync.book.remove(version);
  sync.book.remove({ kind: 'registered', id: old });
  return [from, to];
}

class Plan {
  readonly #index: SqliteConnection;
  readonly #sync: FolderSync;
  readonly #changes: FileChanges;
  readonly #writings = new Map<string, Writing | undefined>();
  readonly #removed: Unit[] = [];
  readonly #moves: { readonly id: string; readonly toTrash: boolean }[] = [];

  constructor(index: SqliteConnection, sync: FolderSync, changes: FileChanges) {
    this.#index = index;
    this.#sync = sync;
    this.#changes = changes;
  }

  /** A tag, param, alias, assessment or link. */
  value({ kind, id, part, key }: Dirty): void {
    if (part === 'meta') return;
    const writing = this.#writing(kind, id);
    if (!writing) return;
    if (kind === 'run' && part === 'links') {
      const path = writeLink(this.#index, this.#changes, { id, folder: writing.folder }, key);
      if (path !== undefined) touch(writing, part, path);
      return;
    }
    const valued = { kind, id, part, key };
    const path = valuePath(valued);
    const whole = join(writing.folder, path);
    const text = valueText(this.#index, valued, () => readIfThere(whole));
    touch(writing, part, path);
    if (text === undefined) this.#changes.remove(whole);
    else this.#changes.write(whole, text, this.#beside(kind, writing.folder));
  }

  points(points: readonly DirtyPoint[]): void {
    const files = Map.groupBy(points, ({ kind, id, key }) => `${kind} ${id} ${key}`);
    for (const ofFile of files.values()) {
      const { kind, id, key } = ofFile[0]!;
      const writing = this.#writing(kind, id);
      if (!writing) continue;
      const path = `metrics/${checkKeyPath(key)}`;
      touch(writing, 'metrics', path);
      const text = ofFile.map(toLine).join('');
      // A new file appears with its points in it: MLflow stumbles over one without.
      if (existsSync(join(writing.folder, path))) this.#changes.append(join(writing.folder, path), text);
      else this.#changes.create(join(writing.folder, path), text, writing.folder);
    }
  }

  /** After the values: without its meta.yaml a unit is not seen. */
  metas(dirty: readonly Dirty[]): void {
    for (const { kind, id, part } of dirty) {
      if (part !== 'meta') continue;
      const written = WRITERS[kind](this.#index, id);
      if (!written) {
        this.#remove(kind, id);
        continue;
      }
      const writing = this.#writing(kind, id);
      if (!writing) continue;
      const { folder } = writing;
      const path = join(folder, metaFile(kind));
      touch(writing, 'meta', metaFile(kind));
      if (!existsSync(path))
        for (const name of NEW_FOLDERS[kind] ?? []) this.#changes.folder(join(folder, name));
      this.#changes.write(path, written.text(readIfThere(path)), this.#beside(kind, folder));
      if (kind === 'experiment' && written.isDeleted !== (writing.unit.is_trashed === 1))
        this.#moves.push({ id, toTrash: written.isDeleted });
    }
  }

  /** Lets the index know the files as they are now. */
  async finish(): Promise<void> {
    const trashed = new Map<string, 0 | 1>();
    for (const writing of this.#writings.values())
      if (writing) this.#sync.book.put(printed(writing, this.#changes));
    for (const { id, toTrash } of this.#moves) {
      const [from, to] = [
        this.#sync.layout.experiment(id, !toTrash),
        this.#sync.layout.experiment(id, toTrash),
      ];
      if (existsSync(from)) await moveFolder(from, to);
      trashed.set(id, toTrash ? 1 : 0);
    }
    for (const [id, is_trashed] of trashed) {
      const unit = this.#sync.book.find('experiment', id);
      if (unit) this.#sync.book.put({ ...unit, is_trashed });
    }
    for (const unit of this.#removed) {
      for (const kind of CHILDREN[unit.kind])
        for (const child of this.#sync.book.list(kind, unit.id)) this.#sync.book.remove(child);
      this.#sync.book.remove(unit);
    }
  }

  #remove(kind: UnitKind, id: string): void {
    const unit = this.#sync.book.find(kind, id);
    const folder = unit && this.#sync.folderOf(unit);
    if (!unit || folder === undefined) return;
    this.#changes.removeFolder(folder);
    this.#removed.push(unit);
  }

  /** The folder of what exists in the index, known to it before or not; undefined for what is being removed. */
  #writing(kind: UnitKind, id: string): Writing | undefined {
    const key = `${kind} ${id}`;
    if (this.#writings.has(key)) return this.#writings.get(key);
    const writing = this.#begin(kind, id);
    this.#writings.set(key, writing);
    return writing;
  }

  #begin(kind: UnitKind, id: string): Writing | undefined {
    const written = WRITERS[kind](this.#index, id);
    if (!written) return undefined;
    const known = this.#sync.book.find(kind, id);
    const parent = this.#parentFolder(kind, written);
    const folder = known
      ? this.#sync.folderOf(known)
      : kind === 'version'
        ? this.#sync.layout.version(written.parent, id.slice(written.parent.length + 1))
        : join(parent, checkFolderName(id));
    if (folder === undefined) return undefined;
    const fresh: Unit = {
      ...emptyUnit({ kind, id, parent: written.parent }),
      is_valid: 1,
      ...{ meta: 0, metrics: 0, params: 0, tags: 0, links: 0 },
    };
    return { unit: known ?? fresh, folder, touched: [] };
  }

  /**
   * Where a file is prepared: MLflow looks for folders alone there. A registered model is read as soon as its folder
   * exists, so that is made last.
   */
  #beside(kind: UnitKind, folder: string): string {
    return kind === 'registered' || kind === 'version' ? join(this.#sync.layout.root, MODELS) : folder;
  }

  #parentFolder(kind: UnitKind, { parent }: Written): string {
    const { layout } = this.#sync;
    switch (kind) {
      case 'experiment':
        return layout.root;
      case 'registered':
      case 'version':
        return join(layout.root, MODELS);
      case 'run':
      case 'model':
      case 'trace': {
        const experiment = this.#writing('experiment', parent)?.folder ?? layout.experiment(parent, false);
        return join(experiment, HELD_IN[kind]);
      }
    }
  }
}

function touch({ touched, folder }: Writing, part: Part, path: string): void {
  if (touched.some((file) => file.path === path)) return;
  touched.push({ part, path, old: findFile(folder, path) });
}

function printed({ unit, folder, touched }: Writing, changes: FileChanges): Unit {
  const prints: Partial<Record<Part, number>> = {};
  for (const { part, path, old } of touched) {
    const now = findFile(folder, path);
    const isOurs = now === undefined || changes.isAllOurs(join(folder, path), old, now);
    prints[part] = isOurs ? exchange(prints[part] ?? unit[part], old, now) : UNSETTLED;
  }
  return { ...unit, ...prints };
}

function readIfThere(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

const toLine = ({ is_nan, value, run_id, ...point }: DirtyPoint) =>
  pointLine({ ...point, value: is_nan ? Number.NaN : value, ...(run_id === null ? {} : { run_id }) });
