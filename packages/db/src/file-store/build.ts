import { INDEXES } from '../schema/indexes.ts';
import { SqliteConnection } from '../sqlite/connection.ts';
import type { Layout } from './layout.ts';
import { changedUnits } from './passes.ts';
import { FolderSync } from './sync.ts';
import { FORMAT, INDEX_TABLES } from './units.ts';

/**
 * Reads a whole folder into an index that has just been made. Nobody else uses it yet and it can be made again, so
 * nothing is synced, and the indexes that only searches need are made at the end, in one go each.
 */
export function buildIndex(path: string, layout: Layout): void {
  const index = new SqliteConnection(path, { readOnly: false });
  try {
    index.exec('PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF');
    index.exec('PRAGMA cache_size = -64000');
    index.exec(`BEGIN IMMEDIATE; ${INDEX_TABLES}`);
    index.change('INSERT INTO bitacora_folder_root VALUES (?, ?, 1)', layout.root, FORMAT);
    for (const { name } of INDEXES) index.exec(`DROP INDEX IF EXISTS ${name}`);
    const sync = new FolderSync(index, layout, { isBuilding: true });
    for (const unit of changedUnits(index, sync, true)) sync.refresh(unit);
    sync.flush();
    for (const { name, on } of INDEXES) index.exec(`CREATE INDEX ${name} ON ${on}`);
    index.exec('COMMIT');
  } finally {
    index.close();
  }
}
