import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { DeltaError } from '../src/error.ts';
import type { ByteSpan, TableFile, TableFiles } from '../src/table-files.ts';
import { fixtureFolder } from './fixtures.ts';

interface Stored {
  readonly content: Uint8Array;
  readonly modified_ms: number;
}

/** A table in memory: made up by a test, or a writer's own that a test then damages. */
export class MemoryTableFiles implements TableFiles {
  readonly uri?: string;
  readonly #files = new Map<string, Stored>();
  /** Every path that was read, once per read. */
  readonly read_paths: string[] = [];
  /** Bytes read from each path. */
  readonly read_bytes = new Map<string, number>();

  constructor(uri?: string) {
    if (uri !== undefined) this.uri = uri;
  }

  /** A copy of a table that a writer has written. */
  static ofFixture(name: string): MemoryTableFiles {
    const table = new MemoryTableFiles();
    const folder = fixtureFolder(name);
    for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      const place = join(folder, path);
      if (statSync(place).isFile()) table.put(path, readFileSync(place));
    }
    return table;
  }

  put(path: string, content: string | Uint8Array, modifiedMs = 0): this {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
    this.#files.set(path, { content: bytes, modified_ms: modifiedMs });
    return this;
  }

  /** Puts a commit made of these actions. */
  commit(version: number, actions: readonly unknown[], modifiedMs = 0): this {
    const lines = actions.map((action) => `${JSON.stringify(action)}\n`).join('');
    return this.put(logPath(version), lines, modifiedMs);
  }

  delete(...paths: readonly string[]): this {
    for (const path of paths) if (!this.#files.delete(path)) throw new Error(`no ${path}`);
    return this;
  }

  paths(pattern: RegExp): string[] {
    return [...this.#files.keys()].filter((path) => pattern.test(path)).sort();
  }

  text(path: string): string {
    return new TextDecoder().decode(this.#files.get(path)?.content);
  }

  bytes(path: string): Uint8Array {
    return this.#files.get(path)?.content ?? new Uint8Array();
  }

  async *list(folder: string, after?: string): AsyncIterable<TableFile> {
    for (const path of [...this.#files.keys()].sort()) {
      if (posix.dirname(path) !== (folder === '' ? '.' : folder)) continue;
      if (after !== undefined && posix.basename(path) <= after) continue;
      const { content, modified_ms } = this.#files.get(path)!;
      yield { path, size_bytes: content.length, modified_ms };
    }
  }

  async read(path: string, span?: ByteSpan): Promise<Uint8Array> {
    const stored = this.#files.get(path);
    if (stored === undefined) throw new DeltaError('file_missing', `There is no file '${path}'.`);
    const part = span ? stored.content.slice(span.start, span.end) : stored.content.slice();
    this.read_paths.push(path);
    this.read_bytes.set(path, (this.read_bytes.get(path) ?? 0) + part.length);
    return part;
  }
}

export const logPath = (version: number, suffix = '.json'): string =>
  `_delta_log/${String(version).padStart(20, '0')}${suffix}`;

export const PROTOCOL = { protocol: { minReaderVersion: 1, minWriterVersion: 2 } };

export const METADATA = {
  metaData: {
    id: 'a-table',
    format: { provider: 'parquet', options: {} },
    schemaString: JSON.stringify({
      type: 'struct',
      fields: [{ name: 'id', type: 'long', nullable: true, metadata: {} }],
    }),
    partitionColumns: [],
    configuration: {},
  },
};

export const add = (path: string, more: object = {}) => ({
  add: { path, partitionValues: {}, size: 10, modificationTime: 1, dataChange: true, ...more },
});

export const remove = (path: string, more: object = {}) => ({
  remove: { path, deletionTimestamp: 1, dataChange: true, ...more },
});

/** A table of one commit per list of actions; the first also makes the table. */
export function tableOf(...commits: readonly (readonly unknown[])[]): MemoryTableFiles {
  const table = new MemoryTableFiles();
  commits.forEach((actions, version) => {
    table.commit(version, version === 0 ? [PROTOCOL, METADATA, ...actions] : actions, version * 1000);
  });
  return table;
}
