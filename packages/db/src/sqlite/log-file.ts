import { type FileHandle, open } from 'node:fs/promises';

/**
 * The write-ahead log of a database, to sync it without standing still. The file is there from the first transaction on
 * and stays the same one for as long as a connection is open. Locks stand on other files, so that opening and closing
 * this one gives up none of SQLite's: https://sqlite.org/howtocorrupt.html, section 2.2.
 */
export class LogFile {
  readonly #path: string;
  #file: Promise<FileHandle> | undefined;

  /** @param database the path of the database. */
  constructor(database: string) {
    this.#path = `${database}-wal`;
  }

  /** Resolves when all that was committed before the call survives loss of power. */
  async sync(): Promise<void> {
    // For writing, though nothing is written: Windows syncs no other.
    this.#file ??= open(this.#path, 'r+');
    await (await this.#file).datasync();
  }

  async close(): Promise<void> {
    // One that could not be opened has been told of by then.
    await this.#file?.then(
      (file) => file.close(),
      () => undefined,
    );
  }
}
