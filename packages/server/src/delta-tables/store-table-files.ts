import { Readable } from 'node:stream';
import { ArtifactError, type ArtifactRepository, type ByteRange, literalPath } from '@bitacora/artifacts';
import { type ByteSpan, DeltaError, type TableFile, type TableFiles } from '@bitacora/delta';

/** A table in any store of artifacts. */
export class StoreTableFiles implements TableFiles {
  readonly uri: string;
  readonly #repository: ArtifactRepository;
  readonly #signal: AbortSignal | undefined;

  constructor(repository: ArtifactRepository, uri: string, signal?: AbortSignal) {
    this.#repository = repository;
    this.uri = uri;
    this.#signal = signal;
  }

  async *list(folder: string, after?: string): AsyncIterable<TableFile> {
    const options = { withTimes: true, ...(after === undefined ? {} : { after }) };
    for await (const entry of this.#repository.list(literalPath(folder), options)) {
      this.#signal?.throwIfAborted();
      if (entry.is_dir || (after !== undefined && !isBehind(entry.path, after))) continue;
      yield {
        path: folder === '' ? entry.path : `${folder}/${entry.path}`,
        size_bytes: entry.file_size ?? 0,
        modified_ms: entry.modified_ms ?? 0,
      };
    }
  }

  async read(path: string, span?: ByteSpan): Promise<Uint8Array> {
    this.#signal?.throwIfAborted();
    const most = span ? span.end - span.start : Number.POSITIVE_INFINITY;
    if (most <= 0) return new Uint8Array();
    try {
      const blocks: Buffer[] = [];
      let bytes = 0;
      for await (const block of await this.#open(path, span)) {
        blocks.push(block);
        bytes += block.length;
        // Of a file that has grown since it was listed. One that is as long as expected is read to its end, where its
        // checksum is compared.
        if (bytes > most) break;
      }
      const content = blocks.length === 1 && blocks[0] !== undefined ? blocks[0] : Buffer.concat(blocks);
      return bytes > most ? content.subarray(0, most) : content;
    } catch (error) {
      if (!(error instanceof ArtifactError) || (error.kind !== 'not_found' && error.kind !== 'is_directory'))
        throw error;
      throw new DeltaError('file_missing', error.message, { cause: error });
    }
  }

  /** What is known of a table's files is in its log: a store is not asked for it again before each. */
  async #open(path: string, span: ByteSpan | undefined): Promise<AsyncIterable<Buffer>> {
    const place = literalPath(path);
    if (this.#repository.read) return this.#repository.read(place, rangeOf(span, span?.size_bytes));
    const file = await this.#repository.find(place);
    if (span !== undefined && span.start >= file.size_bytes) {
      await file.close();
      return Readable.from([]);
    }
    return file.open(rangeOf(span, file.size_bytes));
  }
}

/** Undefined for a whole file. */
function rangeOf(span: ByteSpan | undefined, size: number | undefined): ByteRange | undefined {
  if (span === undefined) return undefined;
  const end = size === undefined ? span.end : Math.min(span.end, size);
  return span.start === 0 && end === size ? undefined : { first: span.start, last: end - 1 };
}

const isBehind = (name: string, after: string) => Buffer.compare(Buffer.from(name), Buffer.from(after)) > 0;
