import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const exec = promisify(execFile);

/** Something the tests need from outside: there, or the reason why not. */
export type Prepared<T> = { readonly value: T } | { readonly missing: string };

const LONG = { timeout: 20 * 60_000, maxBuffer: 64 * 1024 * 1024 };

/** A virtual environment with the official clients, made once per set of requirements; the path of its interpreter. */
export async function preparePython(root: string): Promise<Prepared<string>> {
  const requirements = join(root, 'compat/python/requirements.txt');
  const digest = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const folder = join(root, '.cache', `python-${digest}`);
  const interpreter = join(folder, 'bin/python');
  const ready = join(folder, 'ready');
  if (existsSync(ready)) return { value: interpreter };
  process.stdout.write('Installing the official MLflow client for the tests…\n');
  try {
    await exec('python3', ['-m', 'venv', '--clear', folder], LONG);
    await exec(
      interpreter,
      ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements],
      LONG,
    );
  } catch (error) {
    return { missing: `the official Python client could not be installed (${firstLine(error)})` };
  }
  writeFileSync(ready, '');
  return { value: interpreter };
}

/** The system's Chromium, installed from Debian's packages where that is allowed. */
export async function prepareChromium(): Promise<Prepared<string>> {
  const found = process.env.CHROMIUM ?? findOnPath(['chromium', 'chromium-browser', 'google-chrome']);
  if (found) return { value: found };
  const missing = await installDebian(['chromium']);
  if (missing !== undefined)
    return { missing: `there is no Chromium in CHROMIUM or on the PATH; ${missing}` };
  const installed = findOnPath(['chromium']);
  return installed ? { value: installed } : { missing: 'Chromium was installed but is not on the PATH' };
}

/** Maven with a compiler, which fetches the official Java client itself. */
export async function prepareMaven(): Promise<Prepared<string>> {
  if (!findOnPath(['mvn']) || !findOnPath(['javac'])) {
    const missing = await installDebian(['maven', 'openjdk-17-jdk-headless']);
    if (missing !== undefined) return { missing: `there is no Maven with a Java compiler; ${missing}` };
  }
  const maven = findOnPath(['mvn']);
  return maven ? { value: maven } : { missing: 'maven was installed but has no mvn' };
}

/** One after the other: apt holds a lock. */
let installing: Promise<unknown> = Promise.resolve();

/** Installs Debian's packages where that is allowed. @returns why not, or undefined when it is done. */
export function installDebian(packages: readonly string[]): Promise<string | undefined> {
  const result = installing.then(() => install(packages));
  installing = result;
  return result;
}

async function install(packages: readonly string[]): Promise<string | undefined> {
  const names = packages.join(', ');
  if (process.getuid?.() !== 0 || !findOnPath(['apt-get'])) return `install it (Debian: ${names})`;
  process.stdout.write(`Installing ${names} for the tests…\n`);
  try {
    await exec('apt-get', ['update', '-qq'], LONG);
    await exec('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], {
      ...LONG,
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
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

const firstLine = (error: unknown) =>
  (error instanceof Error ? error.message : String(error))
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-1)[0] ?? '';
