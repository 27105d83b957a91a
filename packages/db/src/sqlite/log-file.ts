import { closeSync, fdatasync, fdatasyncSync, openSync } from 'node:fs';
import { promisify } from 'node:util';

/** The two ways to sync a file. */
interface Disk {
  here(file: number): void;
  elsewhere(file: number): Promise<void>;
}
const DISK: Disk = { here: fdatasyncSync, elsewhere: promisify(fdatasync) };

/** A sync on the calling thread that took longer than this, in milliseconds, was a slow one. */
const SLOW_MS = 2;

/** How many times as long none is tried there after a slow one: at most a twentieth of the thread's time is waited away. */
const REST = 20;

/**
 * The write-ahead log of a database, to sync it without standing still. The file is there from the first transaction on
 * and stays the same one for as long as a connection is open. Locks stand on other files, so that opening and closing
 * this one gives up none of SQLite's: https://sqlite.org/howtocorrupt.html, section 2.2.
 */
export class LogFile {
  readonly #path: string;
  readonly #disk: Disk;
  #file: number | undefined;
  /** Until when the disk counts as slow, by `performance.now()`. */
  #slowUntil = 0;

  /** @param database the path of the database. */
  constructor(database: string, disk = DISK) {
    this.#path = `${database}-wal`;
    this.#disk = disk;
  }

  /**
   * Resolves when all that was committed before the call survives loss of power.
   *
   * @param isShort whether few wait for it and little is to be synced: a quick disk then does it on the calling thread,
   * which takes less than handing it to another (decision 3).
   */
  async sync({ isShort }: { readonly isShort: boolean }): Promise<void> {
    // For writing, though nothing is written: Windows syncs no other.
    this.#file ??= openSync(this.#path, 'r+');
    const begun = performance.now();
    if (!isShort || begun < this.#slowUntil) return this.#disk.elsewhere(this.#file);
    this.#disk.here(this.#file);
    const now = performance.now();
    if (now - begun > SLOW_MS) this.#slowUntil = now + (now - begun) * REST;
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
  }
}
