import pg, { type ClientConfig, type QueryConfig } from 'pg';
import { passRowsUnread } from './row-messages.ts';
import { RowQuery } from './row-query.ts';

/**
 * What is asked for in one turn of the event loop goes out in one piece: the driver writes each statement to the socket
 * by itself, and each of these calls into the system, which wakes the engine, takes as long as many a statement. It answers
 * by promises alone: `Pool.query`, which waits to be called back, would wait for ever.
 */
export class Client extends pg.Client {
  #isHolding = false;

  constructor(config?: string | ClientConfig) {
    super(config);
    passRowsUnread(this.connection);
  }

  override query(...parameters: never[]): never {
    this.#holdForThisTurn();
    const [config, values] = parameters as unknown as readonly [string | QueryConfig, unknown[]?];
    const answer = new Promise((resolve, reject) => {
      const answered = (error: Error | null, result: unknown) => (error ? reject(error) : resolve(result));
      Reflect.apply(super.query, this, [new RowQuery(config, values, answered)]);
    }).catch((error: Error) => {
      // Where it was made, in the reading of the socket, nobody knows who asked.
      Error.captureStackTrace(error);
      throw error;
    });
    return answer as never;
  }

  #holdForThisTurn(): void {
    if (this.#isHolding) return;
    // Before it is connected, encryption may still put another stream in its place.
    const { stream } = this.connection;
    this.#isHolding = true;
    stream.cork();
    process.nextTick(() => {
      this.#isHolding = false;
      stream.uncork();
    });
  }
}
