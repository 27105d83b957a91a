import type { Client, SFTPWrapper } from 'ssh2';
import { ArtifactError } from '../error.ts';

/** How the server answers a request: an error, or what was asked for. */
export type Answer<T> = (error: Error | null | undefined, value: T) => void;

/** A request without an answer, and its place among the others. */
interface Waiting {
  readonly reject: (error: Error) => void;
  at: number;
}

/** One session of the SFTP protocol. Many requests may be under way; one that is not answered in time ends it. */
export class SftpChannel {
  readonly #client: Client;
  readonly #sftp: SFTPWrapper;
  readonly #server: string;
  readonly #answer_ms: number;
  readonly #waiting: Waiting[] = [];
  readonly #onLost: (() => void)[] = [];
  #silence: NodeJS.Timeout | undefined;
  #lost: ArtifactError | undefined;

  constructor(client: Client, sftp: SFTPWrapper, server: string, answer_ms: number) {
    this.#client = client;
    this.#sftp = sftp;
    this.#server = server;
    this.#answer_ms = answer_ms;
    const onEnd = (error?: Error) => this.#lose('the connection broke off', error);
    client.on('error', onEnd).on('close', () => onEnd());
    sftp.on('error', onEnd).on('close', () => onEnd());
  }

  get isLost(): boolean {
    return this.#lost !== undefined;
  }

  onLost(run: () => void): void {
    this.#onLost.push(run);
  }

  /** @throws ArtifactError unavailable when the connection is lost; what the server refuses as it came. */
  ask<T>(send: (sftp: SFTPWrapper, answer: Answer<T>) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#lost) return reject(this.#lost);
      const waiting: Waiting = { reject, at: this.#waiting.length };
      this.#waiting.push(waiting);
      this.#silence ??= setTimeout(() => this.#lose('it gave no answer'), this.#answer_ms).unref();
      const settle = () => {
        this.#forget(waiting);
        if (this.#waiting.length > 0) {
          this.#silence?.refresh();
        } else {
          clearTimeout(this.#silence);
          this.#silence = undefined;
        }
      };
      try {
        send(this.#sftp, (error, value) => {
          settle();
          if (error) reject(this.#lost ?? error);
          else resolve(value);
        });
      } catch (error) {
        settle();
        reject(error);
      }
    });
  }

  /** @returns false where the server does not have the extension. */
  async askIfKnown(send: (sftp: SFTPWrapper, answer: Answer<unknown>) => void): Promise<boolean> {
    try {
      await this.ask(send);
      return true;
    } catch (error) {
      if (error instanceof Error && error.message === 'Server does not support this extended request')
        return false;
      throw error;
    }
  }

  close(): void {
    this.#client.end();
  }

  #forget(waiting: Waiting): void {
    const last = this.#waiting.pop();
    if (last === undefined || last === waiting) return;
    this.#waiting[waiting.at] = last;
    last.at = waiting.at;
  }

  #lose(reason: string, cause?: Error): void {
    if (this.#lost) return;
    this.#lost = new ArtifactError(
      'unavailable',
      `The artifact store sftp://${this.#server} cannot be reached: ${reason}. Try again later.`,
      { cause },
    );
    clearTimeout(this.#silence);
    for (const { reject } of this.#waiting.splice(0)) reject(this.#lost);
    for (const run of this.#onLost) run();
    this.#client.destroy();
  }
}
