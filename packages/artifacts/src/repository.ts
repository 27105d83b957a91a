import type { Readable } from 'node:stream';
import type { ArtifactPath } from './artifact-path.ts';

export interface FileInfo {
  /** The name within the listed folder. */
  readonly path: string;
  readonly is_dir: boolean;
  /** Bytes; absent for folders. */
  readonly file_size?: number;
  /** When a file was last written; absent unless it is asked for. */
  readonly modified_ms?: number;
}

export interface ListOptions {
  /** Names up to this one may be left out, by their UTF-8 bytes: stores that can, begin behind it. */
  readonly after?: string;
  /** Tells when each file was last written. */
  readonly withTimes?: boolean;
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

/** A folder in a store of artifacts. Every path is below it and has been through `parseArtifactPath`. */
export interface ArtifactRepository {
  /** In the order of the names as the store sorts them. A folder that does not exist, or a file, lists as empty. */
  list(folder: ArtifactPath, options?: ListOptions): AsyncIterable<FileInfo>;
  /** @throws ArtifactError not_found, is_directory */
  find(path: ArtifactPath): Promise<StoredFile>;
  /**
   * The bytes of a file as it is when they are read, or what there is of a range of them; what is not there shows by then.
   * Absent where a look at the file costs no request of its own.
   */
  read?(path: ArtifactPath, range?: ByteRange): Readable;
  /**
   * Stores a whole file or nothing: it appears under its name once all has arrived and is on disk.
   *
   * @param size_bytes when it is known before; content of another size is not stored.
   * @throws ArtifactError conflict, no_space, read_only, incomplete
   */
  write(path: ArtifactPath, content: Readable, size_bytes?: number): Promise<void>;
  /** Deletes a file, or a folder with all in it. What is not there counts as deleted. */
  delete(path: ArtifactPath): Promise<void>;
  /**
   * Copies a file within the store, whole or not at all.
   *
   * @throws ArtifactError as `find` and `write`
   */
  copy(from: ArtifactPath, to: ArtifactPath): Promise<void>;
  /**
   * What is left, anywhere below a folder, of uploads whose server was killed, by when it was last written: a path to
   * delete each. Absent where the store itself keeps what is unfinished, and forgets it.
   */
  brokenOff?(folder: ArtifactPath, before_ms: number): AsyncIterable<ArtifactPath>;
  /** Uploads in parts that go straight to the store; absent where it has none. */
  readonly parts?: PartUploads;
  /** URLs that need no credentials; absent where the store cannot sign. */
  readonly urls?: SignedUrls;
}

/** A request that whoever has it may make, until it expires. */
export interface SignedUrl {
  readonly url: string;
  /** To be sent along as they are. */
  readonly headers: Readonly<Record<string, string>>;
}

/** MLflow's multipart uploads: what is sent in parts appears when they are joined. */
export interface PartUploads {
  /** @param count from 1 to 10,000 parts, numbered from 1. */
  create(
    path: ArtifactPath,
    count: number,
  ): Promise<{ readonly upload_id: string; readonly parts: readonly SignedUrl[] }>;
  /** @throws ArtifactError invalid_parts when the store does not know the upload or one of the parts. */
  complete(path: ArtifactPath, upload_id: string, parts: readonly UploadedPart[]): Promise<void>;
  /** What is not known counts as given up. */
  abort(path: ArtifactPath, upload_id: string): Promise<void>;
}

export interface UploadedPart {
  readonly part_number: number;
  /** What the store answered when it took the part. */
  readonly etag: string;
  /** Where it was sent. */
  readonly url: string;
}

export interface SignedUrls {
  /** @throws ArtifactError as `find` */
  download(path: ArtifactPath, seconds: number): Promise<SignedUrl & { readonly file_size: number }>;
  upload(path: ArtifactPath, seconds: number): Promise<SignedUrl>;
}

/** Clients compare how this text begins, and then send the file whole instead. */
export const NO_MULTIPART_UPLOAD =
  'Multipart upload is not supported for the current artifact repository. Upload the file in one request.';
export const NO_MULTIPART_DOWNLOAD =
  'Multipart download is not supported for the current artifact repository. Download the file in one request.';
export const NO_PRESIGNED_UPLOAD =
  'Presigned upload is not supported for the current artifact repository. Upload the file through its own client.';
export const NO_PRESIGNED_DOWNLOAD =
  'Presigned download is not supported for the current artifact repository. Download the file from this server.';
