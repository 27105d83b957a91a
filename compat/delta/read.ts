/**
 * What our reader sees of a table in a folder, as JSON: `node read.ts FOLDER '{"versions": [0, 1], "rows": true}'`.
 * Values are written as packages/delta/fixtures/expected.py writes those of other readers.
 */
import {
  compareSnapshots,
  DeltaError,
  findMissingFiles,
  LocalTableFiles,
  openSnapshot,
  type RowPage,
  type RowsRequest,
  readHistory,
  readRows,
  type Snapshot,
  type TableFiles,
} from '../../packages/delta/src/index.ts';
import { comparable } from '../../packages/delta/test/fixtures.ts';

interface Request {
  readonly versions?: readonly number[];
  readonly timestamps_ms?: readonly number[];
  /** These instead of all rows. */
  readonly pages?: readonly RowsRequest[];
}

/** Counts what is asked of a store. */
class CountedFiles extends LocalTableFiles {
  bytes = 0;

  override async read(...[path, span]: Parameters<TableFiles['read']>): Promise<Uint8Array> {
    const content = await super.read(path, span);
    this.bytes += content.length;
    return content;
  }
}

const comparableRows = ({ columns, rows }: RowPage) =>
  rows.map((row) => row.map((value, at) => comparable(value, columns[at]!.type)));

async function allRows(snapshot: Snapshot): Promise<unknown[]> {
  const rows: unknown[] = [];
  for (let offset: number | undefined = 0; offset !== undefined; ) {
    const page = await readRows(snapshot, { offset, limit: 1000 });
    rows.push(...comparableRows(page));
    offset = page.next_offset;
  }
  return rows;
}

async function describe(files: CountedFiles, snapshot: Snapshot, { pages }: Request) {
  files.bytes = 0;
  const found: RowPage[] = [];
  for (const page of pages ?? []) found.push(await readRows(snapshot, page));
  const rows = pages ? found.map(comparableRows) : await allRows(snapshot);
  const bytes_read = files.bytes;
  const missing = await findMissingFiles(snapshot);
  return {
    version: snapshot.version,
    row_count: snapshot.row_count,
    files: snapshot.files.map(({ path }) => path),
    total_bytes: snapshot.total_bytes,
    digest: snapshot.file_list_digest,
    missing_count: missing.count,
    rows,
    bytes_read,
    next_offset: found[0]?.next_offset,
  };
}

async function answer(files: CountedFiles, request: Request) {
  const moments = [
    ...(request.versions ?? []).map((version) => ({ version })),
    ...(request.timestamps_ms ?? []).map((timestamp_ms) => ({ timestamp_ms })),
  ];
  const snapshots: Snapshot[] = [];
  for (const moment of moments) snapshots.push(await openSnapshot(files, moment));
  const described = [];
  for (const snapshot of snapshots) described.push(await describe(files, snapshot, request));
  const differences = [];
  for (const [at, after] of snapshots.slice(1).entries()) {
    const { rows_added, rows_removed, rows_are_exact } = await compareSnapshots(snapshots[at]!, after);
    differences.push({ rows_added, rows_removed, rows_are_exact });
  }
  const history = (await readHistory(files)).map(({ version, operation }) => ({ version, operation }));
  return { snapshots: described, differences, history };
}

const [folder = '', request = '{}'] = process.argv.slice(2);
try {
  const result = await answer(new CountedFiles(folder), JSON.parse(request));
  process.stdout.write(JSON.stringify(result));
} catch (error) {
  if (!(error instanceof DeltaError)) throw error;
  process.stdout.write(JSON.stringify({ error: { kind: error.kind, message: error.message } }));
}
