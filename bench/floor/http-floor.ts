// What Node and SQLite allow here: a bare server for the hottest calls, durable, on the same tables, with no validation,
// permissions, paging rules or errors. Usage: http-floor.ts PORT FOLDER
import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { basename, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openDatabaseFile } from '@bitacora/db';

const [port = '0', folder = '.'] = process.argv.slice(2);
const path = join(folder, 'mlflow.db');
openDatabaseFile(path);
const db = new DatabaseSync(path);
db.exec(
  "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; INSERT OR IGNORE INTO experiments (experiment_id, name, lifecycle_stage) VALUES (0, 'Default', 'active')",
);

const insertRun = db.prepare(
  "INSERT INTO runs (run_uuid, name, experiment_id, start_time, status, lifecycle_stage) VALUES (?, 'bench', 0, ?, 'RUNNING', 'active')",
);
const insertTag = db.prepare("INSERT INTO tags (key, value, run_uuid) VALUES ('mlflow.runName', 'bench', ?)");
const findRun = db.prepare('SELECT * FROM runs WHERE run_uuid = ?');
const insertMetric = db.prepare(
  'INSERT OR IGNORE INTO metrics (key, value, timestamp, run_uuid, step, is_nan) VALUES (?, ?, ?, ?, ?, 0)',
);
const keepLatest =
  db.prepare(`INSERT INTO latest_metrics (key, value, timestamp, step, is_nan, run_uuid) VALUES (?, ?, ?, ?, 0, ?)
  ON CONFLICT (key, run_uuid) DO UPDATE SET value = excluded.value, timestamp = excluded.timestamp, step = excluded.step
  WHERE (excluded.step, excluded.timestamp, excluded.value) > (step, timestamp, value)`);
const history = db.prepare(
  'SELECT key, value, timestamp, step FROM metrics WHERE run_uuid = ? AND key = ? ORDER BY step LIMIT 25000 OFFSET ?',
);

interface Point {
  readonly key: string;
  readonly value: number;
  readonly timestamp: number;
  readonly step: number;
}
interface Body {
  readonly run_id: string;
  readonly start_time: number;
  readonly metrics?: readonly Point[];
}

let waiting: { readonly work: () => void; readonly done: () => void }[] = [];
function commit(): void {
  const group = waiting;
  waiting = [];
  db.exec('BEGIN IMMEDIATE');
  for (const { work } of group) work();
  db.exec('COMMIT');
  for (const { done } of group) done();
}
const write = (work: () => void) =>
  new Promise<void>((done) => {
    if (waiting.push({ work, done }) === 1) setImmediate(commit);
  });

function logMetrics(run_id: string, points: readonly Point[]): void {
  if (!findRun.get(run_id)) throw new Error('no such run');
  const latest = new Map<string, Point>();
  for (const point of points) {
    insertMetric.run(point.key, point.value, point.timestamp, run_id, point.step);
    if (!((latest.get(point.key)?.step ?? -1) > point.step)) latest.set(point.key, point);
  }
  for (const point of latest.values())
    keepLatest.run(point.key, point.value, point.timestamp, point.step, run_id);
}

async function answer(name: string, query: URLSearchParams, body: Body & Point): Promise<object> {
  switch (name) {
    case 'runs/create': {
      const run_id = randomUUID().replaceAll('-', '');
      await write(() => {
        insertRun.run(run_id, body.start_time);
        insertTag.run(run_id);
      });
      return { run: { info: { run_id }, data: {}, inputs: {} } };
    }
    case 'runs/get':
      return { run: { info: findRun.get(query.get('run_id')) } };
    case 'runs/log-metric':
      await write(() => logMetrics(body.run_id, [body]));
      return {};
    case 'runs/log-batch':
      await write(() => logMetrics(body.run_id, body.metrics ?? []));
      return {};
    case 'metrics/get-history': {
      const offset = Number(query.get('page_token') ?? 0);
      const metrics = history.all(query.get('run_id'), query.get('metric_key'), offset);
      return metrics.length === 25_000 ? { metrics, next_page_token: String(offset + 25_000) } : { metrics };
    }
    default:
      return {};
  }
}

const files = join(folder, 'files');
mkdirSync(files, { recursive: true });
createServer(async (request, response) => {
  const url = new URL(request.url ?? '/', 'http://floor');
  if (url.pathname.includes('/artifacts/')) {
    const file = join(files, basename(url.pathname));
    if (request.method === 'GET') createReadStream(file).pipe(response);
    else request.pipe(createWriteStream(file)).on('close', () => response.end());
    return;
  }
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body =
    chunks.length > 0 ? (JSON.parse(String(Buffer.concat(chunks))) as Body & Point) : ({} as Body & Point);
  const result = await answer(url.pathname.replace('/api/2.0/mlflow/', ''), url.searchParams, body);
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(result));
}).listen(Number(port), '127.0.0.1');
