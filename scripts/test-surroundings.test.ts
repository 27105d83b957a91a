import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import { freePort } from './free-port.ts';
import { persistently } from './test-installs.ts';
import { Neighbourhood } from './test-surroundings.ts';

function live() {
  const neighbourhood = new Neighbourhood();
  return { neighbourhood, [Symbol.dispose]: () => neighbourhood.clear() };
}

describe('suites side by side', () => {
  test('share no folder and no port', () => {
    using own = live();
    const [one, two] = [own.neighbourhood.settle().env, own.neighbourhood.settle().env];
    for (const name of ['TMPDIR', 'HOME', 'XDG_CACHE_HOME', 'TEST_PORTS'])
      expect(one[name]).not.toBe(two[name]);
    // Database servers run as users of their own.
    expect(statSync(String(one.TMPDIR)).mode & 0o7777).toBe(0o1777);
    const [first, second] = [one, two].map((env) => String(env.TEST_PORTS).split('-').map(Number));
    expect(first![0]! >= second![1]! || second![0]! >= first![1]!).toBe(true);
  });

  test('know nothing of how this machine’s user has set up clients', () => {
    vi.stubEnv('MLFLOW_TRACKING_URI', 'http://elsewhere');
    vi.stubEnv('AWS_PROFILE', 'mine');
    using own = live();
    const { env } = own.neighbourhood.settle();
    vi.unstubAllEnvs();
    expect(env).not.toHaveProperty('MLFLOW_TRACKING_URI');
    expect(env).not.toHaveProperty('AWS_PROFILE');
    expect(env.PATH).toBe(process.env.PATH);
  });

  test.runIf(process.platform === 'linux')(
    'leave nothing behind, not even what has a session of its own',
    async () => {
      using own = live();
      const [suite, other] = [own.neighbourhood.settle(), own.neighbourhood.settle()];
      const start = async (env: NodeJS.ProcessEnv) => {
        const child = spawn('sleep', ['3600'], { env, detached: true, stdio: 'ignore' });
        await once(child, 'spawn');
        return { child, ended: once(child, 'exit') };
      };
      const [left, neighbour] = [await start(suite.env), await start(other.env)];
      expect(await suite.clear()).toEqual(['sleep 3600']);
      expect(await left.ended).toEqual([null, 'SIGKILL']);
      expect(neighbour.child.exitCode ?? neighbour.child.signalCode).toBeNull();
      expect(existsSync(String(suite.env.TMPDIR))).toBe(false);
      own.neighbourhood.clear();
      await neighbour.ended;
    },
  );
});

test('a port is given once, of those that are the suite’s own', async () => {
  vi.stubEnv('TEST_PORTS', '13000-13040');
  vi.stubEnv('VITEST_POOL_ID', '1');
  const ports = await Promise.all(Array.from({ length: 8 }, freePort));
  vi.unstubAllEnvs();
  expect(new Set(ports).size).toBe(8);
  for (const port of ports) expect(port >= 13_010 && port < 13_020).toBe(true);
});

test('what a registry fails at is tried again, and the last failure is told', async () => {
  vi.useFakeTimers();
  const said = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const work = vi.fn(async (attempt: number) => {
    if (attempt < 2) throw new Error(`reset ${attempt}`);
    return 'there';
  });
  const [outcome] = await Promise.all([persistently(work), vi.runAllTimersAsync()]);
  expect(outcome).toBe('there');
  const failing = persistently(async (attempt) => {
    throw new Error(`reset ${attempt}`);
  }).catch((error) => error.message);
  await vi.runAllTimersAsync();
  expect(await failing).toBe('reset 2');
  vi.useRealTimers();
  said.mockRestore();
});
