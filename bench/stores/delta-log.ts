import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { median } from '../measure.ts';

const RUNS = 5;

export interface DeltaLog {
  readonly commits: number;
  readonly wall_ms: number;
  readonly cpu_ms: number;
  readonly rss_mb: number;
}

/** Appends of one file each, every second of which removes the file before, with statistics as Spark writes them. */
async function writeLog(folder: string, commits: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  const names = ['id', 'a', 'b', 'c'];
  const each = (value: number) => Object.fromEntries(names.map((name) => [name, value]));
  const fields = names.map((name) => ({ name, type: 'long', nullable: true, metadata: {} }));
  let last = '';
  for (let version = 0; version < commits; version++) {
    const path = `part-00000-${randomUUID()}-c000.snappy.parquet`;
    const stats = {
      numRecords: 100,
      minValues: each(version),
      maxValues: each(version + 100),
      nullCount: each(0),
    };
    const operationMetrics = { numFiles: '1', numOutputRows: '100', numOutputBytes: '4096' };
    const actions: unknown[] = [
      {
        commitInfo: {
          timestamp: version,
          operation: 'WRITE',
          operationMetrics,
          isBlindAppend: true,
          txnId: randomUUID(),
        },
      },
      {
        add: {
          path,
          partitionValues: {},
          size: 4096,
          modificationTime: version,
          dataChange: true,
          stats: JSON.stringify(stats),
        },
      },
    ];
    if (version === 0) {
      const schemaString = JSON.stringify({ type: 'struct', fields });
      const format = { provider: 'parquet', options: {} };
      actions.push({ protocol: { minReaderVersion: 1, minWriterVersion: 2 } });
      actions.push({
        metaData: { id: randomUUID(), format, schemaString, partitionColumns: [], configuration: {} },
      });
    } else if (version % 2 === 1) {
      actions.push({ remove: { path: last, deletionTimestamp: version, dataChange: true, size: 4096 } });
    }
    last = path;
    const lines = actions.map((action) => `${JSON.stringify(action)}\n`).join('');
    await writeFile(join(folder, `${String(version).padStart(20, '0')}.json`), lines);
  }
}

const REPLAY = `
  const { LocalTableFiles, openSnapshot } = await import(process.argv[2]);
  const begun = performance.now();
  const snapshot = await openSnapshot(new LocalTableFiles(process.argv[1]));
  const wall_ms = Math.round(performance.now() - begun);
  const { user, system } = process.cpuUsage();
  const rss_mb = Math.round(process.memoryUsage.rss() / 1e6);
  console.log(JSON.stringify({ files: snapshot.files.length, wall_ms, cpu_ms: Math.round((user + system) / 1000), rss_mb }));
`;

/** A log of so many Delta commits without a checkpoint, replayed each time in a process of its own. */
export async function deltaLog(commits: number): Promise<DeltaLog> {
  const folder = await mkdtemp(join(tmpdir(), 'bitacora-bench-delta-'));
  try {
    await writeLog(join(folder, '_delta_log'), commits);
    const reader = new URL('../../packages/delta/src/index.ts', import.meta.url).href;
    const runs: Omit<DeltaLog, 'commits'>[] = [];
    for (let run = 0; run < RUNS; run++) {
      const args = ['--input-type=module', '--eval', REPLAY, folder, reader];
      const { stdout } = await promisify(execFile)(process.execPath, args);
      runs.push(JSON.parse(stdout) as Omit<DeltaLog, 'commits'>);
    }
    const of = (figure: keyof Omit<DeltaLog, 'commits'>) => median(runs.map((run) => run[figure]));
    return { commits, wall_ms: of('wall_ms'), cpu_ms: of('cpu_ms'), rss_mb: of('rss_mb') };
  } finally {
    await rm(folder, { recursive: true });
  }
}
