import type { Readable } from 'node:stream';
import type { ArtifactPath } from './artifact-path.ts';

export interface FileInfo {
  /** The name within the listed folder. */
  readonly path: string;
  readonly is_dir: boolean;
  /** Bytes; absent for folders. */
  readonly file_size?: number;
}

/** First and last byte, both included. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

export interface StoredFile {
  readonly size_bytes: number;
  readonly modified_ms: number;
  /** Changes whenever the content may have. */
  readonly etag: string;
  /** The bytes; to be read or destroyed by whoever asked. */
  open(range?: ByteRange): Readable;
  /** Gives up the file without reading it. */
  close(): Promise<void>;
}

/** A store of artifacts. Every path has been through `parseArtifactPath`. */
export interface ArtifactRepository {
  /** Sorted by name. A folder that does not exist, or a file, lists as empty. */
  list(folder: ArtifactPath): Promise<FileInfo[]>;
  /** @throws ArtifactError not_found, is_directory */
  find(path: ArtifactPath): Promise<StoredFile>;
  /**
   * Stores a whole file or nothing: it appears under its name once all has arrived and is on disk.
   *
   * @throws ArtifactError conflict, no_space, read_only, incomplete
   */
  write(path: ArtifactPath, content: Readable): Promise<void>;
  /** Deletes a file, or a folder with all in it. What is not there counts as deleted. */
  delete(path: ArtifactPath): Promise<void>;
}

/** Clients compare how this text begins, and then send the file whole instead. */
export const NO_MULTIPART_UPLOAD =
  'Multipart upload is not supported for the current artifact repository. Upload the file in one request.';
export const NO_MULTIPART_DOWNLOAD =
  'Multipart download is not supported for the current artifact repository. Download the file in one request.';
