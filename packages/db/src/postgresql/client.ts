import pg from 'pg';

/**
 * What is asked for in one turn of the event loop goes out in one piece: the driver writes each statement to the socket
 * by itself, and each of these calls into the system, which wakes the engine, takes as long as many a statement.
 */
export class Client extends pg.Client {
  #isHolding = false;

  override query(...parameters: never[]): never {
    this.#holdForThisTurn();
    return Reflect.apply(super.query, this, parameters) as never;
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
