import { spawn } from 'node:child_process';

/** How long a store may take to say that it listens; a loaded machine is slow. */
const START_MS = 120_000;

export interface PeerProcess {
  /** What it wrote so far. */
  readonly log: string;
  stop(): Promise<void>;
}

/**
 * Runs a store until it is stopped.
 *
 * @param isReady asked again and again; what it throws counts as no.
 * @throws with what it said, where it ends instead.
 */
export async function startProcess(
  command: string,
  args: readonly string[],
  isReady: () => Promise<boolean>,
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<PeerProcess> {
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...process.env, ...options.env },
  });
  // Nobody stops it where no test was chosen.
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-100_000);
    });
  const ended = new Promise<void>((resolve) => {
    // Not `close`: sshd's children, one for each client that has not left, hold its output open.
    child.once('exit', () => resolve());
    child.once('error', (error) => {
      log += String(error);
      resolve();
    });
  });
  const stop = async () => {
    child.kill('SIGTERM');
    // Some take their time over connections that are still open.
    const timer = setTimeout(() => child.kill('SIGKILL'), 3000);
    await ended;
    for (const output of [child.stdout, child.stderr]) output.destroy();
    process.off('exit', kill);
    clearTimeout(timer);
  };
  const deadline = Date.now() + START_MS;
  while (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
    if (await isReady().catch(() => false)) {
      return {
        stop,
        get log() {
          return log;
        },
      };
    }
    if (Date.now() > deadline) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await stop();
  throw new Error(`${command} did not start: ${log}`);
}
