import type { SftpChannel } from './channel.ts';

/** A server lets few in at once (OpenSSH: 10 that have not logged in yet), and one carries many requests. */
const MOST_CONNECTIONS = 4;

const IDLE_MS = 60_000;

/** A place on a connection, to be released once. */
export interface Lease {
  readonly channel: SftpChannel;
  release(): void;
}

interface Connection {
  readonly opening: Promise<SftpChannel>;
  leases: number;
  idle?: NodeJS.Timeout | undefined;
}

/** A few connections that are opened when needed, shared, and closed when idle. */
export class SftpPool {
  readonly #open: () => Promise<SftpChannel>;
  readonly #connections = new Set<Connection>();

  constructor(open: () => Promise<SftpChannel>) {
    this.#open = open;
  }

  /**
   * On the connection with least to do. Where that turns out to be lost it is tried once more on a new one, so `run`
   * must be repeatable. The lease is the caller's when `run` succeeds, and released when it fails.
   */
  async begin<T>(run: (channel: SftpChannel) => Promise<T>): Promise<{ lease: Lease; value: T }> {
    for (let attempt = 1; ; attempt++) {
      const lease = await this.#lease();
      try {
        return { lease, value: await run(lease.channel) };
      } catch (error) {
        lease.release();
        if (!lease.channel.isLost || attempt === 2) throw error;
      }
    }
  }

  async use<T>(run: (channel: SftpChannel) => Promise<T>): Promise<T> {
    const { lease, value } = await this.begin(run);
    lease.release();
    return value;
  }

  async close(): Promise<void> {
    const connections = [...this.#connections];
    this.#connections.clear();
    await Promise.allSettled(
      connections.map(async ({ opening, idle }) => {
        clearTimeout(idle);
        (await opening).close();
      }),
    );
  }

  async #lease(): Promise<Lease> {
    const connection = this.#choose();
    connection.leases++;
    clearTimeout(connection.idle);
    let isReleased = false;
    const release = () => {
      if (isReleased) return;
      isReleased = true;
      connection.leases--;
      if (connection.leases === 0) this.#closeWhenIdle(connection);
    };
    try {
      return { channel: await connection.opening, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  #choose(): Connection {
    const [best] = [...this.#connections].sort((a, b) => a.leases - b.leases);
    if (best !== undefined && (best.leases === 0 || this.#connections.size >= MOST_CONNECTIONS)) return best;
    const connection: Connection = { opening: this.#open(), leases: 0 };
    this.#connections.add(connection);
    const forget = () => this.#connections.delete(connection);
    connection.opening.then((channel) => channel.onLost(forget), forget);
    return connection;
  }

  #closeWhenIdle(connection: Connection): void {
    connection.idle = setTimeout(() => {
      this.#connections.delete(connection);
      connection.opening.then(
        (channel) => channel.close(),
        () => undefined,
      );
    }, IDLE_MS).unref();
  }
}
