import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { compileCacheFolder } from './compile-cache.mjs';
import { endThread, startThread } from './threads.ts';

let base: string;
let cache: string;
let temporary: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'compile-cache-'));
  [cache, temporary] = ['cache', 'temporary'].map((name) => join(base, name)) as [string, string];
  for (const folder of [cache, temporary]) mkdirSync(folder, { mode: 0o700 });
  vi.stubEnv('XDG_CACHE_HOME', cache);
  vi.stubEnv('TMPDIR', temporary);
  vi.stubEnv('NODE_COMPILE_CACHE', undefined);
  vi.stubEnv('NODE_DISABLE_COMPILE_CACHE', undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(base, { recursive: true });
});

const own = () => join(cache, 'bitacora', 'compiled');
const ownTemporary = () => join(temporary, `bitacora-compiled-${process.geteuid?.()}`);
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);
const isRoot = process.geteuid?.() === 0;

describe.skipIf(process.platform === 'win32')('the folder of compiled sources', () => {
  test("lies in the user's cache, closed to others, whatever the process lets others do", () => {
    const before = process.umask(0);
    try {
      expect(compileCacheFolder()).toBe(own());
    } finally {
      process.umask(before);
    }
    expect([own(), join(cache, 'bitacora')].map(modeOf)).toEqual(['700', '700']);
    expect(compileCacheFolder()).toBe(own());
  });

  test("is the user's own below the temporary folder where the cache cannot hold it", () => {
    for (const unusable of ['/dev/null', '/proc/none']) {
      vi.stubEnv('XDG_CACHE_HOME', unusable);
      expect(compileCacheFolder()).toBe(ownTemporary());
    }
    expect(modeOf(ownTemporary())).toBe('700');
    // Where everybody may add, but none may take away, as in /tmp.
    chmodSync(temporary, 0o1777);
    expect(compileCacheFolder()).toBe(ownTemporary());
  });

  test.each([
    ['can be written to by others', () => chmodSync(own(), 0o777)],
    ['can be written to by the group', () => chmodSync(own(), 0o770)],
    ['others may put another in the place of', () => chmodSync(cache, 0o777)],
    [
      'is a link',
      () => {
        rmSync(own(), { recursive: true });
        mkdirSync(join(base, 'planted'));
        symlinkSync(join(base, 'planted'), own());
      },
    ],
    [
      'is reached by a link that others may replace',
      () => {
        const open = join(base, 'open');
        mkdirSync(open);
        chmodSync(open, 0o777);
        symlinkSync(cache, join(open, 'link'));
        vi.stubEnv('XDG_CACHE_HOME', join(open, 'link'));
      },
    ],
  ])('is none that %s', (_, spoil) => {
    expect(compileCacheFolder()).toBe(own());
    spoil();
    expect(compileCacheFolder()).toBe(ownTemporary());
    chmodSync(ownTemporary(), 0o777);
    expect(compileCacheFolder()).toBeUndefined();
  });

  test.runIf(isRoot)('is none that is, or lies in, what belongs to another user', () => {
    compileCacheFolder();
    chownSync(own(), 54_321, 54_321);
    expect(compileCacheFolder()).toBe(ownTemporary());
    chownSync(own(), 0, 0);
    expect(compileCacheFolder()).toBe(own());
    // The administrator with the environment of a user, as after `sudo -E`.
    chownSync(cache, 54_321, 54_321);
    expect(compileCacheFolder()).toBe(ownTemporary());
  });

  test.runIf(isRoot)('needs no home, as of a user whom the system does not know', () => {
    const user = 54_321;
    const module = new URL('./compile-cache.mjs', import.meta.url).href;
    const source = `const { compileCacheFolder } = await import('${module}');
      process.setuid(${user});
      console.log(compileCacheFolder());`;
    chmodSync(base, 0o755);
    chmodSync(temporary, 0o1777);
    const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', source], {
      encoding: 'utf8',
      env: { TMPDIR: temporary },
    });
    expect(printed.trim()).toBe(join(temporary, `bitacora-compiled-${user}`));
  });

  test("is the one that Node's own variables name, or none", () => {
    vi.stubEnv('NODE_COMPILE_CACHE', join(base, 'named'));
    expect(compileCacheFolder()).toBe(join(base, 'named'));
    vi.stubEnv('NODE_DISABLE_COMPILE_CACHE', '1');
    expect(compileCacheFolder()).toBeUndefined();
    expect(readdirSync(cache)).toEqual([]);
  });

  test('is where threads keep theirs', async () => {
    const source = `import { parentPort } from 'node:worker_threads';
      import { getCompileCacheDir } from 'node:module';
      parentPort.postMessage(getCompileCacheDir() ?? 'none');`;
    const folderOfThread = async () => {
      const thread = startThread(new URL(`data:text/javascript,${encodeURIComponent(source)}`), {});
      const [folder] = await once(thread, 'message');
      await endThread(thread);
      return String(folder);
    };
    expect(await folderOfThread()).toContain(join(own(), 'v'));
    vi.stubEnv('NODE_DISABLE_COMPILE_CACHE', '1');
    expect(await folderOfThread()).toBe('none');
  });

  test('is where the command keeps its own, and it runs without one too', () => {
    const command = new URL('../../cli/src/bin.mjs', import.meta.url).pathname;
    const run = () =>
      execFileSync(process.execPath, [command, '--version'], { encoding: 'utf8', env: { ...process.env } });
    expect(run()).toMatch(/^\d+\.\d+/);
    expect(readdirSync(own())).toEqual([expect.stringContaining(process.version)]);
    expect(readdirSync(temporary)).toEqual([]);
    rmSync(own(), { recursive: true });
    vi.stubEnv('NODE_DISABLE_COMPILE_CACHE', '1');
    expect(run()).toMatch(/^\d+\.\d+/);
    expect([readdirSync(join(cache, 'bitacora')), readdirSync(temporary)]).toEqual([[], []]);
  });
});
