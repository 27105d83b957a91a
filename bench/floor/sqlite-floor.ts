import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openDatabaseFile } from '@bitacora/db';

/** Points per second that bare `node:sqlite` puts into MLflow's metrics table, 1,000 to a transaction, durable. */
export function sqliteInsertRate(seconds: number): number {
  const folder = mkdtempSync(join(tmpdir(), 'bench-sqlite-'));
  const path = join(folder, 'mlflow.db');
  openDatabaseFile(path);
  const db = new DatabaseSync(path);
  db.exec(
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; INSERT INTO runs (run_uuid, lifecycle_stage) VALUES ('r', 'active')",
  );
  const insert = db.prepare(
    "INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan) VALUES (?, ?, ?, 'r', ?, 0)",
  );
  const start = performance.now();
  let step = 0;
  while (performance.now() - start < seconds * 1000) {
    db.exec('BEGIN');
    for (let index = 0; index < 1000; index++) insert.run(`m${index % 10}`, Math.random(), step, step++);
    db.exec('COMMIT');
  }
  const rate = step / ((performance.now() - start) / 1000);
  db.close();
  rmSync(folder, { recursive: true });
  return rate;
}
