import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startServer } from '../../scripts/test-server.ts';
import { onEachStore } from './suite.ts';

const FIXTURES = join(import.meta.dirname, '../../packages/server/src/previews/fixtures');
const fixture = (name: string) => readFileSync(join(FIXTURES, name));

await onEachStore((peer) => {
  test('previews read parts of files wherever these are', async () => {
    const root = await peer.root('previews');
    const server = await startServer(undefined, ['--artifacts-destination', root], {
      ...process.env,
      ...peer.environment,
    });
    onTestFinished(() => server.stop());
    const json = async (path: string, init?: RequestInit) => (await fetch(server.uri + path, init)).json();
    const created = await json('/api/2.0/mlflow/runs/create', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ experiment_id: '0' }),
    });
    const { run_id, artifact_uri } = created.run.info;
    const put = async (name: string, body: Buffer) => {
      const place = `${artifact_uri.replace('mlflow-artifacts:/', '')}/${encodeURIComponent(name)}`;
      const url = `${server.uri}/api/2.0/mlflow-artifacts/artifacts/${place}`;
      expect((await fetch(url, { method: 'PUT', body: new Uint8Array(body) })).status).toBe(200);
    };
    const look = (call: string, path: string, query: Record<string, string> = {}) =>
      json(
        `/api/2.0/bitacora/runs/${run_id}/artifacts/preview${call}?${new URLSearchParams({ path, ...query })}`,
      );

    const lines = Array.from({ length: 200_000 }, (_, at) => (at === 150_000 ? 'a needle' : `line ${at}`));
    await put('ñ 1%.log', Buffer.from(`${lines.join('\n')}\n`));
    expect(await look('', 'ñ 1%.log')).toMatchObject({ format: 'text', encoding: 'utf-8' });
    expect((await look('/text', 'ñ 1%.log', { max_lines: '2' })).lines).toEqual(['line 0', 'line 1']);
    const end = await look('/text', 'ñ 1%.log', { direction: 'BACKWARD', max_lines: '2' });
    expect(end.lines).toEqual(['line 199998', 'line 199999']);
    const found = await look('/search', 'ñ 1%.log', { text: 'needle' });
    expect(found.matches).toMatchObject([{ line_number: 150_001 }]);
    for (const name of ['table-snappy.parquet', 'table-lz4.feather', 'table.arrows']) {
      await put(name, fixture(name));
      let [rows, page_token] = [0, undefined as string | undefined];
      do {
        const page = await look('/rows', name, { max_results: '7', ...(page_token && { page_token }) });
        rows += page.rows.length;
        page_token = page.next_page_token;
      } while (page_token !== undefined);
      expect(rows).toBe(25);
    }
    await put('a.npy', fixture('float64.npy'));
    expect((await look('/array', 'a.npy', { first_index: '11' })).values).toEqual([11 / 7]);
    await put('empty', Buffer.alloc(0));
    expect(await look('', 'empty')).toMatchObject({ format: 'empty' });
    expect((await look('/text', 'empty')).lines).toEqual([]);
    await put('turned.jpg', fixture('turned.jpg'));
    const thumbnail = `${server.uri}/api/2.0/bitacora/runs/${run_id}/artifacts/preview/thumbnail?path=turned.jpg`;
    const small = await fetch(thumbnail);
    expect([small.status, small.headers.get('content-type')]).toEqual([200, 'image/webp']);
    const etag = small.headers.get('etag') ?? '';
    expect((await fetch(thumbnail, { headers: { 'if-none-match': etag } })).status).toBe(304);
    expect((await look('', 'none')).error_code).toBe('RESOURCE_DOES_NOT_EXIST');
  });
});
