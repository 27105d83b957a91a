import type { DeletionVector } from './deletion-vector.ts';
import type { FilePath } from './file-path.ts';
import { type FileStatistics, parseStatistics } from './statistics.ts';

interface DataFileParts {
  readonly location: FilePath;
  readonly size_bytes: number;
  readonly modified_ms: number;
  readonly partitionTexts: ReadonlyMap<string, string | null>;
  readonly deletion_vector: DeletionVector | undefined;
  /** As JSON text, or as a checkpoint's columns. */
  readonly statistics: { readonly json: string } | FileStatistics | undefined;
}

/** An active file of a snapshot: a Parquet file together with the rows deleted from it. */
export class DataFile {
  readonly location: FilePath;
  readonly size_bytes: number;
  readonly modified_ms: number;
  /** By the columns' physical names, as the log writes them. */
  readonly partitionTexts: ReadonlyMap<string, string | null>;
  readonly deletion_vector: DeletionVector | undefined;
  #statistics: DataFileParts['statistics'];

  constructor(parts: DataFileParts) {
    this.location = parts.location;
    this.size_bytes = parts.size_bytes;
    this.modified_ms = parts.modified_ms;
    this.partitionTexts = parts.partitionTexts;
    this.deletion_vector = parts.deletion_vector;
    this.#statistics = parts.statistics;
  }

  /** Below the table's folder, decoded; an absolute URI for a file elsewhere. */
  get path(): string {
    return 'path' in this.location ? this.location.path : this.location.elsewhere;
  }

  /** The protocol's primary key of a logical file: its path and deletion vector. */
  get key(): string {
    return `${this.path}\0${this.deletion_vector?.id ?? ''}`;
  }

  get statistics(): FileStatistics | undefined {
    // The text is parsed when somebody asks, and kept as text: it takes a fraction of the memory.
    const statistics = this.#statistics;
    return statistics !== undefined && 'json' in statistics ? parseStatistics(statistics.json) : statistics;
  }

  /** Rows left after deletions; undefined where the log has no count. */
  get row_count(): number | undefined {
    const stored = this.statistics?.num_records;
    return stored === undefined ? undefined : Math.max(stored - (this.deletion_vector?.cardinality ?? 0), 0);
  }
}
