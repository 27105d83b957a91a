import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildRun, putArtifact, testApp } from '@bitacora/testkit';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const page = readFileSync(join(ROOT, 'docs/previews.md'), 'utf8');

test('the examples show what they say', async () => {
  const examples = [...page.matchAll(/<!-- tested -->\n```js\n(.*?)```/gs)].map(([, example]) => example);
  expect(examples).toHaveLength(2);
  await using app = await testApp();
  const run_id = await buildRun(app);
  const lines = Array.from({ length: 3_000 }, (_, at) =>
    at % 1_000 === 500 ? `step ${at}: ERROR` : `step ${at}`,
  );
  await putArtifact(app, run_id, 'train.log', `${lines.join('\n')}\n`);
  const table = readFileSync(join(ROOT, 'packages/server/src/previews/fixtures/table-snappy.parquet'));
  await putArtifact(app, run_id, 'data.parquet', table);
  await app.app.listen({ port: 0, host: '127.0.0.1' });
  const address = app.app.server.address();
  const server = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  const said: string[] = [];
  const log = (...words: unknown[]) => said.push(words.join(' '));
  const AsyncFunction = Object.getPrototypeOf(async () => undefined).constructor;
  await new AsyncFunction('server', 'run_id', 'console', examples.join('\n'))(server, run_id, { log });
  expect(said.slice(0, 4)).toEqual([
    'step 2998\nstep 2999',
    '501: step 500: ERROR',
    '1501: step 1500: ERROR',
    '2501: step 2500: ERROR',
  ]);
  expect(said[4]).toMatch(/^25 id: int64, unsigned: uint64, x: float64, name: string, /);
  expect(said[5]).toMatch(/^\d+ \| \d+ \| NaN \| /);
});

test('the page names every call, and no other', async () => {
  const { artifactPreviewEndpoints } = await import('@bitacora/protocol');
  const known = Object.values(artifactPreviewEndpoints).map(({ path }) => /preview.*$/.exec(path)![0]);
  const named = [...page.matchAll(/^\| `(preview[^`]*)` \|/gm)].map(([, call]) => call!);
  expect(named.toSorted()).toEqual([...new Set([...known, 'preview/thumbnail'])].toSorted());
});
