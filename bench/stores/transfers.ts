import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { StorePeer } from '../../compat/stores/peers.ts';
import { median, memoryMb, watchMemory } from '../measure.ts';
import { bitacoraOn, Target } from '../targets.ts';
import { blocks } from './content.ts';

const PATH = '/api/2.0/mlflow-artifacts/artifacts/bench/through.bin';

export interface Transfers {
  readonly up_mb_per_s: number;
  readonly down_mb_per_s: number;
  /** The same file, written and read by the store's library in a process of its own. */
  readonly alone_up_mb_per_s: number;
  readonly alone_down_mb_per_s: number;
  /** Above what the server takes when idle after a first small file, while the large file comes and while it goes. */
  readonly memory_rise_up_mb: number;
  readonly memory_rise_down_mb: number;
  readonly large_mb: number;
}

/** One file through the proxy into the store and back, taking turns with the store alone; then a large one. */
export async function transfers(peer: StorePeer, megabytes: number, large: number): Promise<Transfers> {
  const target = new Target(bitacoraOn(await peer.root('bench-through'), peer.environment));
  const alone = startAlone(await peer.root('bench-alone'), peer.environment, megabytes);
  await target.start();
  try {
    // The store's library is loaded when it is first needed.
    await upload(target, 1);
    await download(target, 1);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const idle = memoryMb(target.pid);
    const times: Record<'up' | 'down' | 'alone_up' | 'alone_down', number[]> = {
      up: [],
      down: [],
      alone_up: [],
      alone_down: [],
    };
    for (let round = 0; round < 3; round++) {
      times.up.push(await timeOf(() => upload(target, megabytes)));
      times.down.push(await timeOf(() => download(target, megabytes)));
      const { up_ms, down_ms } = await alone.turn();
      times.alone_up.push(up_ms);
      times.alone_down.push(down_ms);
    }
    const rise = async (work: () => Promise<void>) => (await watchMemory(target.pid, work)) - idle;
    const rate = (values: readonly number[]) => megabytes / (median(values) / 1000);
    return {
      up_mb_per_s: rate(times.up),
      down_mb_per_s: rate(times.down),
      alone_up_mb_per_s: rate(times.alone_up),
      alone_down_mb_per_s: rate(times.alone_down),
      memory_rise_up_mb: await rise(() => upload(target, large)),
      memory_rise_down_mb: await rise(() => download(target, large)),
      large_mb: large,
    };
  } finally {
    await alone.stop();
    await target.stop();
    target.remove();
  }
}

async function upload(target: Target, megabytes: number): Promise<void> {
  await target.request('PUT', PATH, blocks(megabytes), { 'content-length': String(megabytes * 1_000_000) });
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
    async turn(): Promise<{ readonly up_ms: number; readonly down_ms: number }> {
      child.stdin.write('\n');
      const [line] = (await once(lines, 'line')) as [string];
      return JSON.parse(line) as { up_ms: number; down_ms: number };
    },
    async stop(): Promise<void> {
      const ended = once(child, 'exit');
      child.stdin.end();
      if (child.exitCode === null) await ended;
    },
  };
}
