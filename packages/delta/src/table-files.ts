/** First byte and the one after the last. */
export interface ByteSpan {
  readonly start: number;
  readonly end: number;
  /** Of the whole file, where it is known: a span of all of it may be read as the file that it is. */
  readonly size_bytes?: number;
}

export interface TableFile {
  /** Below the table's folder, `/` between names. */
  readonly path: string;
  readonly size_bytes: number;
  readonly modified_ms: number;
}

/** All that reading a table asks of a store. Paths are below the table's folder, decoded, without `.` and `..`. */
export interface TableFiles {
  /**
   * The address of the table's folder as a URI, when it has one. Absolute paths in the log that begin with it are read
   * like relative ones; all others are refused.
   */
  readonly uri?: string;
  /**
   * The files directly within a folder, in any order. A folder that does not exist is empty.
   *
   * @param after only names after this one, which needs not exist itself
   */
  list(folder: string, after?: string): AsyncIterable<TableFile>;
  /**
   * A whole file, or a part; a part beyond the end is cut short.
   *
   * @throws DeltaError file_missing
   */
  read(path: string, span?: ByteSpan): Promise<Uint8Array>;
}
