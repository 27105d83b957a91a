import type { DataFile } from './data-file.ts';
import { type DeltaType, type Leaf, leavesOf } from './schema.ts';
import type { Snapshot } from './snapshot.ts';
import { compareValues, type Value } from './value.ts';

/** What the log's statistics say of a column of a snapshot, without reading its rows. */
export interface ColumnStatistics {
  /** Names from the root; more than one for a field of a struct. */
  readonly column: readonly string[];
  readonly type: DeltaType;
  /** Undefined where some file has no statistics of the column; null where it holds nothing but nulls. */
  readonly min: Value | undefined;
  readonly max: Value | undefined;
  readonly null_count: number | undefined;
  /**
   * Whether values equal to `min` and `max` are in the table. Otherwise all values lie between them: rows have been
   * deleted since they were taken, or a writer cut texts short or times to milliseconds.
   */
  readonly is_exact: boolean;
}

/** Spark cuts texts to this many characters in statistics. */
const CUT_AT = 32;

export function columnStatistics(snapshot: Snapshot): ColumnStatistics[] {
  const files = snapshot.files.map((file) => ({ file, statistics: file.statistics }));
  return leavesOf(snapshot.schema).map((leaf) => {
    const summary = new Summary(leaf);
    const partition = snapshot.partitionFields.find(
      (field) => leaf.names.length === 1 && field.name === leaf.names[0],
    );
    for (const { file, statistics } of files) {
      if (partition !== undefined)
        summary.addPartition(file, snapshot.partitionValues(file).get(partition.name) ?? null);
      else summary.addFile(file, statistics);
      if (summary.isHopeless) break;
    }
    return summary.finish();
  });
}

class Summary {
  readonly #leaf: Leaf;
  #min: Value | undefined = null;
  #max: Value | undefined = null;
  #nulls: number | undefined = 0;
  #isExact = true;

  constructor(leaf: Leaf) {
    this.#leaf = leaf;
  }

  /** Nothing more can be found out. */
  get isHopeless(): boolean {
    return this.#min === undefined && this.#max === undefined && this.#nulls === undefined;
  }

  addPartition(file: DataFile, value: Value): void {
    if (file.row_count === 0) return;
    if (value === null) this.#nulls = sum(this.#nulls, file.row_count);
    else this.#widen(value, value);
  }

  addFile(file: DataFile, statistics: DataFile['statistics']): void {
    const { physical, type } = this.#leaf;
    const records = statistics?.num_records;
    if (file.row_count === 0) return;
    const nulls = statistics?.nullCount(physical);
    const isTight = statistics?.tight_bounds !== false && file.deletion_vector === undefined;
    // With rows deleted since, a count of nulls says something only when it is none or all (Delta protocol, statistics).
    if (isTight || nulls === 0) this.#nulls = sum(this.#nulls, nulls);
    else
      this.#nulls = nulls !== undefined && nulls === records ? sum(this.#nulls, file.row_count) : undefined;
    if (nulls !== undefined && nulls === records) return;
    const min = statistics?.min(physical, type);
    const max = statistics?.max(physical, type);
    this.#isExact &&= isTight && isWhole(min, type) && isWhole(max, type);
    this.#widen(min, max);
  }

  #widen(min: Value | undefined, max: Value | undefined): void {
    this.#min = wider(this.#min, min, this.#leaf.type, -1);
    this.#max = wider(this.#max, max, this.#leaf.type, 1);
  }

  finish(): ColumnStatistics {
    return {
      column: this.#leaf.names,
      type: this.#leaf.type,
      min: this.#min,
      max: this.#max,
      null_count: this.#nulls,
      is_exact: this.#isExact && this.#min !== undefined && this.#max !== undefined,
    };
  }
}

const sum = (a: number | undefined, b: number | undefined) =>
  a === undefined || b === undefined ? undefined : a + b;

/** The lower, or upper, of two bounds: null is none yet, undefined unknown. */
function wider(
  have: Value | undefined,
  bound: Value | undefined,
  type: DeltaType,
  side: -1 | 1,
): Value | undefined {
  if (have === undefined || bound === undefined) return undefined;
  if (have === null) return bound;
  if (bound === null) return have;
  return compareValues(bound, have, type) * side > 0 ? bound : have;
}

function isWhole(bound: Value | undefined, type: DeltaType): boolean {
  if (type.type === 'timestamp' || type.type === 'timestamp_ntz') return false;
  return typeof bound !== 'string' || type.type !== 'string' || [...bound].length < CUT_AT;
}
