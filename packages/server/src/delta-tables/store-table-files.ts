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
    try {
      const file = await this.#repository.find(literalPath(path));
      const range = rangeOf(span, file.size_bytes);
      if (range === undefined) {
        await file.close();
        return new Uint8Array();
      }
      const isWhole = range.first === 0 && range.last === file.size_bytes - 1;
      const blocks: Buffer[] = [];
      for await (const block of file.open(isWhole ? undefined : range) as AsyncIterable<Buffer>)
        blocks.push(block);
      return blocks.length === 1 && blocks[0] !== undefined ? blocks[0] : Buffer.concat(blocks);
    } catch (error) {
      if (!(error instanceof ArtifactError) || (error.kind !== 'not_found' && error.kind !== 'is_directory'))
        throw error;
      throw new DeltaError('file_missing', error.message, { cause: error });
    }
  }
}

/** Undefined where nothing is left to read. */
function rangeOf(span: ByteSpan | undefined, size: number): ByteRange | undefined {
  const first = span?.start ?? 0;
  const last = Math.min(span?.end ?? size, size) - 1;
  return last < first ? undefined : { first, last };
}

const isBehind = (name: string, after: string) => Buffer.compare(Buffer.from(name), Buffer.from(after)) > 0;
