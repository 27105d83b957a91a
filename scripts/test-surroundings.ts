import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PORTS, type PortRange, partsOf } from './free-port.ts';

/** More suites than that do not run side by side, with what starts servers for them. */
const MOST_AT_A_TIME = 5;

/** What says something to a client or server under test: a suite names what it wants itself. */
const TELLING =
  /^_?(?:MLFLOW|BITACORA|DATABRICKS|AWS|AZURE|GOOGLE|OTEL)_|^(?:TEST_DATABASE_URI|SSH_AUTH_SOCK)$/;

/** How long what a suite has started may take to end after it, and how often is looked. */
const LEAVES_MS = 5000;
const LOOKS_MS = 250;

/** So much of a command line is told, in characters. */
const MOST_TOLD = 200;

/** What a suite has for itself, so that it depends neither on this machine's user nor on a suite beside it. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  /** Ends what is still running in them, and takes them away. @returns the command lines of what had to be ended. */
  clear(): Promise<string[]>;
}

export class Neighbourhood {
  // Short, as paths of sockets have to be.
  readonly #folder = mkdtempSync(join(tmpdir(), 'tests-'));
  readonly #ports = partsOf(PORTS, MOST_AT_A_TIME);
  #count = 0;

  constructor() {
    chmodSync(this.#folder, 0o755);
  }

  /** A temporary folder, a home and ports. */
  settle(): Surroundings {
    const ports = this.#ports.pop();
    if (ports === undefined) throw new Error(`More than ${MOST_AT_A_TIME} at a time have no ports left.`);
    const folder = join(this.#folder, `suite-${++this.#count}`);
    const [temporary, home] = [join(folder, 'tmp'), join(folder, 'home')];
    for (const each of [temporary, home]) mkdirSync(each, { recursive: true });
    // For everybody, as that of the system is: database servers run as users of their own.
    chmodSync(folder, 0o755);
    chmodSync(temporary, 0o1777);
    return {
      env: surround(temporary, home, ports),
      clear: async () => {
        // What was told to end may need a moment: a Java machine, a browser.
        for (let waited = 0; waited < LEAVES_MS && processesIn(temporary).length > 0; waited += LOOKS_MS)
          await sleep(LOOKS_MS);
        const left = endAllIn(temporary);
        remove(folder);
        this.#ports.push(ports);
        return left;
      },
    };
  }

  /** At the end of all. */
  clear(): void {
    endAllIn(this.#folder);
    remove(this.#folder);
  }
}

function remove(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  } catch {
    // Something still writes into it. It is tried again at the end of all; no test has failed by it.
  }
}

function surround(temporary: string, home: string, { from, to }: PortRange): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !TELLING.test(name));
  // No proxy knows what listens on this machine.
  const direct = '127.0.0.1,localhost';
  return {
    ...Object.fromEntries(kept),
    TMPDIR: temporary,
    HOME: home,
    XDG_CACHE_HOME: join(home, '.cache'),
    XDG_CONFIG_HOME: join(home, '.config'),
    TEST_PORTS: `${from}-${to}`,
    NO_PROXY: direct,
    no_proxy: direct,
    // Nobody is told of our tests, nor waited for.
    MLFLOW_DISABLE_TELEMETRY: 'true',
    DO_NOT_TRACK: 'true',
  };
}

/** The processes that were started with a temporary folder in this one, whoever their parents are. */
function processesIn(folder: string): number[] {
  // Where there is no /proc, nobody knows.
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      const variables = readIfThere(`/proc/${pid}/environ`).split('\0');
      return variables.some((text) => `${text}/`.startsWith(`TMPDIR=${folder}/`));
    })
    .map(Number);
}

/** What a test that broke off has left would take memory and time from those that come after. */
function endAllIn(folder: string): string[] {
  return processesIn(folder).map((pid) => {
    const command = readIfThere(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has gone meanwhile.
    }
    return command.slice(0, MOST_TOLD);
  });
}

/** Of a process: empty where it has gone, or is another user's. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
