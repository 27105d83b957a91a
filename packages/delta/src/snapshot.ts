import { createHash } from 'node:crypto';
import type { Metadata, Protocol } from './actions.ts';
import { inCommitTimestamp, readCommitInfo } from './commit.ts';
import type { DataFile } from './data-file.ts';
import type { Mapping } from './decode.ts';
import { corrupt, DeltaError } from './error.ts';
import { checkReadable, mappingOf } from './features.ts';
import { type Log, type LogSegment, listLog, listWholeLog, segmentsOf } from './log.ts';
import { partitionValue } from './partition.ts';
import { replay, type TableState } from './replay.ts';
import { parseSchema, type StructField, type StructType } from './schema.ts';
import type { TableFiles } from './table-files.ts';
import { versionAt } from './time-travel.ts';
import type { Value } from './value.ts';

/** Which state of a table: the newest, a version, or what was current at a time. */
export type Moment =
  | { readonly version?: undefined; readonly timestamp_ms?: undefined }
  | { readonly version: number; readonly timestamp_ms?: undefined }
  | { readonly version?: undefined; readonly timestamp_ms: number };

/** A table at one version. */
export class Snapshot {
  readonly version: number;
  /**
   * When the version was committed, in milliseconds: the commit's own time where in-commit timestamps are on, else its
   * file's time of modification. Undefined when the commit has been cleaned up and a checkpoint alone holds the version.
   */
  readonly timestamp_ms: number | undefined;
  readonly table_id: string;
  readonly name: string | undefined;
  readonly description: string | undefined;
  readonly created_ms: number | undefined;
  readonly protocol: Protocol;
  readonly configuration: ReadonlyMap<string, string>;
  readonly schema: StructType;
  readonly partition_columns: readonly string[];
  readonly mapping: Mapping;
  /** The active files, by path. */
  readonly files: readonly DataFile[];
  readonly total_bytes: number;
  /** The partition columns as fields of the schema. */
  readonly partitionFields: readonly StructField[];
  /** Where the table was read from. */
  readonly source: TableFiles;
  #row_count: number | 'unknown' | undefined;
  #digest: string | undefined;

  constructor(
    source: TableFiles,
    version: number,
    timestampMs: number | undefined,
    { metadata, protocol, files }: TableState,
  ) {
    this.source = source;
    this.version = version;
    this.timestamp_ms = timestampMs;
    this.table_id = metadata.id;
    this.name = metadata.name;
    this.description = metadata.description;
    this.created_ms = metadata.createdMs;
    this.protocol = protocol;
    this.configuration = metadata.configuration;
    this.mapping = mappingOf(protocol, metadata.configuration);
    this.schema = parseSchema(metadata.schemaText, this.mapping !== 'none');
    this.partition_columns = metadata.partitionColumns;
    this.partitionFields = partitionFields(metadata, this.schema);
    this.files = files.toSorted((a, b) => (a.key < b.key ? -1 : 1));
    this.total_bytes = files.reduce((sum, file) => sum + file.size_bytes, 0);
  }

  /** Rows, deleted ones left out; undefined when some file has no count. Counted when first asked for. */
  get row_count(): number | undefined {
    this.#row_count ??= this.#countRows();
    return this.#row_count === 'unknown' ? undefined : this.#row_count;
  }

  /**
   * Tells apart snapshots with other files: the SHA-256, in hexadecimal digits, of one line for each active file, in the
   * order of their keys' UTF-16 code units. A line is the decoded path, the size in bytes and the deletion vector's
   * `uniqueId` (empty without one), with a zero byte between them and a newline behind. However the log is laid out
   * (commits, checkpoints), and whatever statistics say, it is the same for the same rows in the same files.
   */
  get file_list_digest(): string {
    if (this.#digest === undefined) {
      const hash = createHash('sha256');
      for (const { path, size_bytes, deletion_vector } of this.files)
        hash.update(`${path}\0${size_bytes}\0${deletion_vector?.id ?? ''}\n`);
      this.#digest = hash.digest('hex');
    }
    return this.#digest;
  }

  /** A file's values of the partition columns, by their names in the schema. */
  partitionValues(file: DataFile): ReadonlyMap<string, Value> {
    return new Map(this.partitionFields.map((field) => [field.name, partitionValue(file, field)]));
  }

  #countRows(): number | 'unknown' {
    let sum = 0;
    for (const { row_count } of this.files) {
      if (row_count === undefined) return 'unknown';
      sum += row_count;
    }
    return sum;
  }
}

function partitionFields(metadata: Metadata, schema: StructType): StructField[] {
  return metadata.partitionColumns.map((name) => {
    const found = schema.fields.find((field) => field.name === name);
    if (found === undefined)
      throw corrupt('metaData.partitionColumns', `'${name}' is no column of the schema`);
    return found;
  });
}

/**
 * Opens a table at its newest version, at a version, or as it was at a time.
 *
 * @throws DeltaError no_table, version_unavailable, corrupt, unsupported, outside, too_large, invalid_request
 */
export async function openSnapshot(
  files: TableFiles,
  moment: Moment = {},
  signal?: AbortSignal,
): Promise<Snapshot> {
  const { version } = moment;
  if (version !== undefined && !(Number.isSafeInteger(version) && version >= 0))
    throw new DeltaError(
      'invalid_request',
      `Invalid version ${version}: it must be a whole number from 0 on.`,
    );
  try {
    return await open(files, moment, signal);
  } catch (error) {
    if (!(error instanceof DeltaError) || error.kind !== 'file_missing') throw error;
    // The log was cleaned up between being listed and being read; what is left leads to the version another way.
    return open(files, moment, signal);
  }
}

async function open(files: TableFiles, moment: Moment, signal?: AbortSignal): Promise<Snapshot> {
  if (moment.timestamp_ms === undefined) {
    const log = await listLog(files, moment.version);
    return snapshotOf(files, log, moment.version ?? log.newest, signal);
  }
  const log = await listWholeLog(files);
  const configuration = async () => (await stateOf(files, log, log.newest, signal)).metadata.configuration;
  return snapshotOf(files, log, await versionAt(files, log, moment.timestamp_ms, configuration), signal);
}

async function snapshotOf(
  files: TableFiles,
  log: Log,
  version: number,
  signal?: AbortSignal,
): Promise<Snapshot> {
  const state = await stateOf(files, log, version, signal);
  const commit = log.commits.get(version);
  let timestamp = commit?.modified_ms;
  if (commit !== undefined && state.metadata.configuration.get('delta.enableInCommitTimestamps') === 'true')
    timestamp = inCommitTimestamp(state.commitInfo ?? (await readCommitInfo(files, commit))) ?? timestamp;
  return new Snapshot(files, version, timestamp, state);
}

/** Tries the quickest way to a version first, and others when a checkpoint on it proves unreadable. */
async function stateOf(
  files: TableFiles,
  log: Log,
  version: number,
  signal?: AbortSignal,
): Promise<TableState> {
  let failure: unknown;
  for await (const segment of waysTo(files, log, version)) {
    try {
      const state = await replay(files, segment, signal);
      checkReadable(state.protocol);
      return state;
    } catch (error) {
      const mayBeTheCheckpoint =
        segment.checkpoint !== undefined &&
        error instanceof DeltaError &&
        (error.kind === 'corrupt' || error.kind === 'file_missing');
      failure ??= error;
      if (!mayBeTheCheckpoint) throw failure;
    }
  }
  throw failure;
}

async function* waysTo(
  files: TableFiles,
  log: Log,
  version: number,
): AsyncGenerator<LogSegment, void, undefined> {
  const first = segmentsOf(log, version);
  yield* first;
  if (log.isWhole) return;
  // A listing that began at a checkpoint does not show what lies before it.
  const tried = new Set(first.map(({ checkpoint }) => checkpoint?.files[0]?.path));
  for (const segment of segmentsOf(await listWholeLog(files), version))
    if (!tried.has(segment.checkpoint?.files[0]?.path)) yield segment;
}
