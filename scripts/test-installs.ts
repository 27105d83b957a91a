import { execFile } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

/** Something the tests need from outside: there, or the reason why not. */
export type Prepared<T> = { readonly value: T } | { readonly missing: string };

export const exec = promisify(execFile);

/** For what is fetched from a registry. */
export const LONG = { timeout: 20 * 60_000, maxBuffer: 64 * 1024 * 1024 };

/** How long to wait before what a registry has failed at is tried again. */
const PAUSES_MS = [5000, 30_000];

/** Registries stumble: what fails is tried again, from its beginning. The last failure counts. */
export async function persistently<T>(work: (attempt: number) => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work(attempt);
    } catch (error) {
      const pause = PAUSES_MS[attempt];
      if (pause === undefined) throw error;
      process.stdout.write(`Trying again: ${firstLine(error)}\n`);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

/** Lets works run one after the other. */
function oneAtATime(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(work);
    // Who asked for it hears of its failure; the next has its turn all the same.
    last = result.catch(() => undefined);
    return result;
  };
}

/** Two Mavens that fetch into one local repository may read what the other has half written. */
const inMavensTurn = oneAtATime();

/** @param into is emptied first: Maven takes a file that an earlier one has half copied for whole. */
export const runMaven = (maven: string, pom: string, goal: readonly string[], into: string) =>
  inMavensTurn(() =>
    persistently((attempt) => {
      rmSync(into, { recursive: true, force: true });
      // It remembers what it could not fetch, and does not ask again unless it is told to.
      const again = attempt > 0 ? ['-U'] : [];
      return exec(maven, ['-B', '-q', ...again, '-f', pom, ...goal], LONG);
    }),
  );

/** apt holds a lock. */
const inAptsTurn = oneAtATime();

/** Another apt on this machine, such as the one that updates it by itself, is waited for; in seconds. */
const APT = ['-qq', '-o', 'DPkg::Lock::Timeout=600', '-o', 'Acquire::Retries=3'];

/** Installs Debian's packages where that is allowed. @returns why not, or undefined when it is done. */
export const installDebian = (packages: readonly string[]): Promise<string | undefined> =>
  inAptsTurn(() => install(packages));

async function install(packages: readonly string[]): Promise<string | undefined> {
  const names = packages.join(', ');
  if (process.getuid?.() !== 0 || !findOnPath(['apt-get'])) return `install it (Debian: ${names})`;
  process.stdout.write(`Installing ${names} for the tests…\n`);
  try {
    const options = { ...LONG, env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
    await persistently(async () => {
      await exec('apt-get', [...APT, 'update'], options);
      await exec('apt-get', [...APT, '-y', '--no-install-recommends', 'install', ...packages], options);
    });
    return undefined;
  } catch (error) {
    return `${names} could not be installed (${firstLine(error)})`;
  }
}

export function findOnPath(names: readonly string[], further: readonly string[] = []): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...further];
  return names
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((path) => existsSync(path));
}

export const firstLine = (error: unknown) =>
  (error instanceof Error ? error.message : String(error))
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-1)[0] ?? '';
