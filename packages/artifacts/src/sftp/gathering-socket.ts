import { Socket } from 'node:net';

/**
 * A connection on which what is written in one turn goes out at once. The SSH library writes each packet in three pieces,
 * and a block of a file in a dozen: each would be a call to the system, a segment, and something to wait for.
 */
export class GatheringSocket extends Socket {
  #isGathering = false;

  // With nothing else that a stream's `write` may be given: the library waits for no piece.
  override write(piece: string | Uint8Array): boolean {
    if (!this.#isGathering) {
      this.#isGathering = true;
      this.cork();
      process.nextTick(() => {
        this.#isGathering = false;
        this.uncork();
      });
    }
    return super.write(piece);
  }
}
