import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { StorePeer } from '../../compat/stores/peers.ts';
import { median, memoryMb, watchMemory } from '../measure.ts';
import { bitacoraOn, pipeTo, Target } from '../targets.ts';
import { blocks } from './content.ts';

const PATH = '/api/2.0/mlflow-artifacts/artifacts/bench/through.bin';

/** Bytes in MB per second. */
export interface Rates {
  readonly up: number;
  readonly down: number;
}

export interface Transfers {
  readonly server: Rates;
  /** A server of thirty lines around the vendor's library, which does nothing else. */
  readonly pipe: Rates;
  /** The same up in parts, where the pipe sends all in one request. */
  readonly pipe_in_parts_up: number | undefined;
  /** Our library in a process of its own, without a server between. */
  readonly alone: Rates;
  /** Above what the server takes when idle after a first small file, while the large file comes and while it goes, in MB. */
  readonly memory: Rates;
  readonly large_mb: number;
}

const ROUNDS = 3;

/** Stores into which their vendor's library may send in parts or not. */
const IN_PARTS = ['s3', 'gcs'];

/** One file through each into the store and back, taking turns; then a large one through the server. */
export async function transfers(peer: StorePeer, megabytes: number, large: number): Promise<Transfers> {
  const server = new Target(bitacoraOn(await peer.root('bench-through'), peer.environment));
  const pipe = new Target(pipeTo(await peer.root('bench-pipe'), peer.environment));
  const alone = startAlone(await peer.root('bench-alone'), peer.environment, megabytes);
  try {
    const through = async (target: Target) => {
      const up_ms = await timeOf(() => upload(target, megabytes));
      return { up_ms, down_ms: await timeOf(() => download(target, megabytes)) };
    };
    const turns = {
      server: () => through(server),
      pipe: () => through(pipe),
      alone: () => alone.turn(),
    };
    const inParts: number[] = [];
    for (const target of [server, pipe]) {
      await target.start();
      // The store's library is loaded when it is first needed.
      await upload(target, 1);
      await download(target, 1);
    }
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const idle = memoryMb(server.pid);
    const times: Record<keyof typeof turns, Turn[]> = { server: [], pipe: [], alone: [] };
    for (let round = 0; round < ROUNDS; round++) {
      for (const who of ['server', 'pipe', 'alone'] as const) times[who].push(await turns[who]());
      if (IN_PARTS.includes(peer.name))
        inParts.push(await timeOf(() => upload(pipe, megabytes, `${PATH}/parts`)));
    }
    const rate = (times_ms: readonly number[]) => megabytes / (median(times_ms) / 1000);
    const rates = (values: readonly Turn[]): Rates => ({
      up: rate(values.map(({ up_ms }) => up_ms)),
      down: rate(values.map(({ down_ms }) => down_ms)),
    });
    const rise = async (work: () => Promise<void>) => (await watchMemory(server.pid, work)) - idle;
    return {
      server: rates(times.server),
      pipe: rates(times.pipe),
      pipe_in_parts_up: inParts.length > 0 ? rate(inParts) : undefined,
      alone: rates(times.alone),
      memory: {
        up: await rise(() => upload(server, large)),
        down: await rise(() => download(server, large)),
      },
      large_mb: large,
    };
  } finally {
    await alone.stop();
    for (const target of [server, pipe]) {
      await target.stop();
      target.remove();
    }
  }
}

interface Turn {
  readonly up_ms: number;
  readonly down_ms: number;
}

async function upload(target: Target, megabytes: number, path = PATH): Promise<void> {
  await target.request('PUT', path, blocks(megabytes), { 'content-length': String(megabytes * 1_000_000) });
}

async function download(target: Target, megabytes: number): Promise<void> {
  const bytes = await target.drain(PATH);
  if (bytes !== megabytes * 1_000_000) throw new Error(`the server gave ${bytes} bytes`);
}

async function timeOf(work: () => Promise<void>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

function startAlone(uri: string, environment: Readonly<Record<string, string>>, megabytes: number) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'alone.ts'), uri, String(megabytes)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...environment },
  });
  const lines = createInterface(child.stdout);
  return {
    async turn(): Promise<Turn> {
      child.stdin.write('\n');
      const [line] = (await once(lines, 'line')) as [string];
      return JSON.parse(line) as Turn;
    },
    async stop(): Promise<void> {
      const ended = once(child, 'exit');
      child.stdin.end();
      if (child.exitCode === null) await ended;
    },
  };
}
