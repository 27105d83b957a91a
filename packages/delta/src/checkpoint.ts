import { type Action, Fields, metadata, protocol, type Sidecar } from './actions.ts';
import { readActions } from './commit.ts';
import { inOrder } from './concurrency.ts';
import { DataFile } from './data-file.ts';
import { decoderOf } from './decode.ts';
import { parseDeletionVector } from './deletion-vector.ts';
import { corrupt, orCorrupt } from './error.ts';
import { parseFilePath } from './file-path.ts';
import { isObject, type Json, type JsonObject } from './json.ts';
import { type Checkpoint, LOG_FOLDER } from './log.ts';
import { openParquet } from './parquet.ts';
import type { ParquetNode } from './parquet-schema.ts';
import type { DeltaType, PrimitiveName, StructField, StructType } from './schema.ts';
import type { FileStatistics } from './statistics.ts';
import type { TableFiles } from './table-files.ts';
import type { Value } from './value.ts';

const SIDECAR_FOLDER = `${LOG_FOLDER}/_sidecars`;
/** Parts or sidecars open at once; each holds a row group while it is read. */
const FILES_AT_ONCE = 2;

/**
 * All of a checkpoint that makes up a snapshot, in pieces.
 *
 * @throws DeltaError file_missing, corrupt, too_large
 */
export async function* readCheckpoint(
  files: TableFiles,
  checkpoint: Checkpoint,
): AsyncGenerator<Action[], void, undefined> {
  const sidecars: Sidecar[] = [];
  for (const file of checkpoint.files) {
    const pieces = file.path.endsWith('.json')
      ? readActions(files, file)
      : readParquetActions(files, file.path, file.size_bytes);
    for await (const actions of pieces) {
      for (const action of actions) if (action.kind === 'sidecar') sidecars.push(action.sidecar);
      yield actions;
    }
  }
  const contents = inOrder(sidecars, FILES_AT_ONCE, async (sidecar) => {
    const found: Action[] = [];
    for await (const actions of readParquetActions(files, sidecarPath(sidecar), sidecar.size_bytes))
      found.push(...actions);
    return found;
  });
  for await (const actions of contents) yield actions;
}

/** A sidecar lies in the one folder for them, under a bare name or the whole path. */
function sidecarPath(sidecar: Sidecar): string {
  let path: string | undefined;
  try {
    path = decodeURIComponent(sidecar.path);
  } catch {
    // Not a URI: refused below.
  }
  const name =
    path === undefined
      ? undefined
      : /^(?:.*\/_delta_log\/_sidecars\/|_sidecars\/)?([^/\\]+)$/.exec(path)?.[1];
  if (name === undefined || name === '..' || name === '.')
    throw corrupt(sidecar.path, 'a sidecar must be a file of _delta_log/_sidecars');
  return `${SIDECAR_FOLDER}/${name}`;
}

const field = (name: string, type: DeltaType): StructField => ({
  name,
  type,
  nullable: true,
  comment: undefined,
  physical_name: name,
  id: undefined,
});
const of = (type: PrimitiveName): DeltaType => ({ type });
const texts: DeltaType = { type: 'array', element: of('string'), contains_null: true };
const map: DeltaType = { type: 'map', key: of('string'), value: of('string'), value_contains_null: true };
const struct = (fields: Readonly<Record<string, DeltaType>>): StructType => ({
  type: 'struct',
  fields: Object.entries(fields).map(([name, type]) => field(name, type)),
});

/** The columns of a checkpoint that a snapshot is made of. Whole numbers are read as longs, however wide they are stored. */
const COLUMNS: Readonly<Record<string, StructType>> = {
  protocol: struct({
    minReaderVersion: of('long'),
    minWriterVersion: of('long'),
    readerFeatures: texts,
    writerFeatures: texts,
  }),
  metaData: struct({
    id: of('string'),
    name: of('string'),
    description: of('string'),
    format: struct({ provider: of('string') }),
    schemaString: of('string'),
    partitionColumns: texts,
    configuration: map,
    createdTime: of('long'),
  }),
  add: struct({
    path: of('string'),
    partitionValues: map,
    size: of('long'),
    modificationTime: of('long'),
    stats: of('string'),
    deletionVector: struct({
      storageType: of('string'),
      pathOrInlineDv: of('string'),
      offset: of('long'),
      sizeInBytes: of('long'),
      cardinality: of('long'),
    }),
  }),
  sidecar: struct({ path: of('string'), sizeInBytes: of('long') }),
};

async function* readParquetActions(
  files: TableFiles,
  path: string,
  size: number,
): AsyncGenerator<Action[], void, undefined> {
  const parquet = await openParquet(files, path, size);
  const columns = parquet.columns.flatMap((column) => {
    const type = Object.hasOwn(COLUMNS, column.name) ? COLUMNS[column.name] : undefined;
    return type === undefined ? [] : [{ node: pruned(column, type), type, kind: column.name }];
  });
  const decoders = columns.map(({ node, type }) => decoderOf(type, node, 'none', path));
  let start = 0;
  for (const rows of parquet.groups) {
    const stored = await parquet.read(
      columns.map(({ node }) => node),
      start,
      start + rows,
    );
    const actions: Action[] = [];
    columns.forEach(({ kind, node }, at) => {
      const decode = decoders[at]!;
      const column = stored[at]!;
      for (let row = 0; row < rows; row++) {
        const value = orCorrupt(path, () => decode(column[row]));
        if (value !== null)
          actions.push(actionOf(kind, value, column[row], node, `${path}, row ${start + row + 1}`, files));
      }
    });
    start += rows;
    yield actions;
  }
}

/** A column without the fields that are not wanted, which can be most of it; statistics as columns only where there are none as text. */
function pruned(column: ParquetNode, type: StructType): ParquetNode {
  const wanted = new Set(type.fields.map(({ name }) => name));
  if (column.name === 'add' && !column.children.some(({ name }) => name === 'stats'))
    wanted.add('stats_parsed');
  const children = column.children.filter(({ name }) => wanted.has(name));
  return { ...column, children, leaves: children.flatMap(({ leaves }) => leaves) };
}

function actionOf(
  kind: string,
  value: Value,
  stored: unknown,
  node: ParquetNode,
  where: string,
  files: TableFiles,
): Action {
  const json = jsonOf(value);
  const fields = new Fields(isObject(json) ? json : {}, kind, where);
  if (kind === 'protocol') return { kind, protocol: protocol(fields) };
  if (kind === 'metaData') return { kind, metadata: metadata(fields) };
  if (kind === 'sidecar')
    return { kind, sidecar: { path: fields.text('path'), size_bytes: fields.whole('sizeInBytes') } };
  const vector = fields.object('deletionVector');
  const statistics = fields.optionalText('stats');
  return {
    kind: 'add',
    file: new DataFile({
      location: parseFilePath(fields.text('path'), files.uri),
      size_bytes: fields.whole('size'),
      modified_ms: fields.optionalWhole('modificationTime') ?? 0,
      partitionTexts: fields.map('partitionValues'),
      deletion_vector: vector && parseDeletionVector(vector),
      statistics: statistics === undefined ? parsedStatistics(stored, node, where) : { json: statistics },
    }),
  };
}

/** A decoded value as the same action would be in a JSON commit. */
function jsonOf(value: Value, key?: string): Json {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) {
    const list: readonly Value[] = value;
    if (key === 'partitionValues' || key === 'configuration') {
      const entries = list.map((pair) => (Array.isArray(pair) ? pair : []) as readonly Value[]);
      return Object.fromEntries(entries.map(([name, entry]) => [String(name), jsonOf(entry ?? null)]));
    }
    return list.map((entry) => jsonOf(entry));
  }
  if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array)) {
    const object: JsonObject = Object.fromEntries(
      Object.entries(value).map(([name, part]) => [name, jsonOf(part as Value, name)]),
    );
    return object;
  }
  return value as Json;
}

/** `stats_parsed`: statistics as columns, which writers may keep instead of the text. */
function parsedStatistics(stored: unknown, add: ParquetNode, where: string): FileStatistics | undefined {
  const root = add.children.find(({ name }) => name === 'stats_parsed');
  const found = root && part(stored, root);
  if (root === undefined || found === undefined || found === null) return undefined;
  const leaf = (names: readonly string[], type: DeltaType): Value | undefined => {
    let node: ParquetNode | undefined = root;
    let at: unknown = found;
    for (const name of names) {
      node = node?.children.find((child) => child.name === name);
      at = node && part(at, node);
    }
    if (node === undefined || at === null || at === undefined) return undefined;
    try {
      return decoderOf(type, node, 'none', where)(at);
    } catch {
      // Statistics are optional, and never a reason to refuse.
      return undefined;
    }
  };
  const count = (names: readonly string[]) => {
    const value = leaf(names, { type: 'long' });
    return typeof value === 'bigint' ? Number(value) : undefined;
  };
  return {
    num_records: count(['numRecords']),
    tight_bounds: leaf(['tightBounds'], { type: 'boolean' }) !== false,
    min: (physical, type) => leaf(['minValues', ...physical], type),
    max: (physical, type) => leaf(['maxValues', ...physical], type),
    nullCount: (physical) => count(['nullCount', ...physical]),
  };
}

const part = (stored: unknown, node: ParquetNode): unknown =>
  typeof stored === 'object' && stored !== null
    ? (stored as Readonly<Record<string, unknown>>)[node.alias]
    : undefined;
