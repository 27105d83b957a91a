import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createLoggedModel, createModelVersion, createRegisteredModel, getRun } from '@bitacora/protocol';
import { buildExperiment, buildRun, type TestApp, testApp } from '@bitacora/testkit';
import { describe, expect, test } from 'vitest';
import { fromBufferPromise } from 'yauzl';

interface Unpacked {
  readonly text: string;
  readonly method: number;
}

/** Read by another implementation of the format than the one that wrote it; it checks lengths and checksums. */
async function unzip(archive: Buffer): Promise<Record<string, Unpacked>> {
  const zip = await fromBufferPromise(archive, { strictFileNames: true });
  const files: Record<string, Unpacked> = {};
  for await (const entry of zip.eachEntry()) {
    const content = await text(await zip.openReadStreamPromise(entry));
    files[entry.fileName] = { text: content, method: entry.compressionMethod };
  }
  return files;
}

/** A run, and the folder on disk that its files are in. */
async function runWithFolder(app: TestApp) {
  const run_id = await buildRun(app);
  const { run } = await app.call(getRun, { run_id });
  const folder = join(
    app.config.artifactsDestination,
    run.info.artifact_uri?.replace('mlflow-artifacts:/', '') ?? '',
  );
  mkdirSync(folder, { recursive: true });
  const write = (path: string, content: string) => {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), content);
  };
  return { run_id, folder, write, url: `/api/2.0/bitacora/runs/${run_id}/artifacts/zip` };
}

/** The server on a socket of its own: connections that break are seen there alone. */
async function listening(app: TestApp): Promise<string> {
  await app.app.listen({ port: 0, host: '127.0.0.1' });
  return `http://127.0.0.1:${(app.app.server.address() as AddressInfo).port}`;
}

/** Linux tells which files a process has open. */
const OPEN_FILES = '/proc/self/fd';
const openFilesIn = (folder: string) =>
  readdirSync(OPEN_FILES).flatMap((fd) => {
    try {
      const path = readlinkSync(join(OPEN_FILES, fd));
      return path.startsWith(folder) ? [path] : [];
    } catch {
      return []; // Closed since it was listed.
    }
  });

describe('a folder as a zip', () => {
  test('holds every file below it under its own name, text deflated and the rest as it is', async () => {
    await using app = await testApp();
    const { write, url } = await runWithFolder(app);
    const names = [
      'model/MLmodel',
      'model/deep/er/x.txt',
      'model/2024:run.csv',
      'model/año ☃ %20.json',
      'empty.bin',
    ];
    for (const name of names) write(name, name === 'empty.bin' ? '' : `content of ${name}`.repeat(50));
    write('weights.bin', '\0\x01\x02');
    const whole = await app.inject({ url });
    expect([whole.statusCode, whole.headers['content-type']]).toEqual([200, 'application/zip']);
    const files = await unzip(whole.rawPayload);
    expect(Object.keys(files).sort()).toEqual([...names, 'weights.bin'].sort());
    for (const name of names.slice(0, 4))
      expect(files[name]).toEqual({ text: `content of ${name}`.repeat(50), method: 8 });
    expect([files['weights.bin'], files['empty.bin']]).toEqual([
      { text: '\0\x01\x02', method: 0 },
      { text: '', method: 0 },
    ]);
    const part = await app.inject({ url: `${url}?path=model%2Fdeep` });
    expect(part.headers['content-disposition']).toBe('attachment; filename="deep.zip"');
    expect(Object.keys(await unzip(part.rawPayload))).toEqual(['er/x.txt']);
  });

  test('holds files of any name, under one that is safe to unpack', async () => {
    await using app = await testApp();
    const { write, url } = await runWithFolder(app);
    const names = ['a#b', 'a%23b', '%2Fx', '..%2Fx', '100%', 'd?/e;f'];
    for (const name of [...names, 'C:', 'x\\y', 'z\\..\\\n', 'tab\t\u001b[2J']) write(name, name);
    const files = await unzip((await app.inject({ url })).rawPayload);
    expect(Object.keys(files).toSorted()).toEqual(
      [...names, 'C_', 'x_y', 'tab__[2J', 'LEFT-OUT.txt'].toSorted(),
    );
    expect(files.x_y?.text).toBe('x\\y');
    expect(files['LEFT-OUT.txt']?.text).toContain(JSON.stringify('z\\..\\\n'));
  });

  test('keeps files apart whose safe names would be the same', async () => {
    await using app = await testApp();
    const { write, url } = await runWithFolder(app);
    const names = ['a_b', 'a\\b', 'a\u0001b', 'd/n\\o.txt', 'd/n\u0002o.txt', 'd/n_o (2).txt', 'C:', 'C_/in'];
    for (const name of [...names, 'LEFT-OUT.txt', 'z\\..\\\n']) write(name, name);
    const files = await unzip((await app.inject({ url })).rawPayload);
    const texts = Object.values(files).map(({ text }) => text);
    for (const name of [...names, 'LEFT-OUT.txt']) expect(texts).toContain(name);
    expect(Object.keys(files)).toHaveLength(names.length + 2);
    // Whose name needs no change has it.
    for (const name of ['a_b', 'd/n_o (2).txt', 'C_/in', 'LEFT-OUT.txt'])
      expect(files[name]?.text).toBe(name);
    expect(Object.keys(files)).toEqual(
      expect.arrayContaining(['a_b (2)', 'a_b (3)', 'd/n_o.txt', 'd/n_o (3).txt', 'C_ (2)']),
    );
    expect(files['LEFT-OUT (2).txt']?.text).toContain(JSON.stringify('z\\..\\\n'));
  });

  test('is named after the folder or its owner, in a header that holds no name as it is', async () => {
    await using app = await testApp();
    const { write, url, run_id } = await runWithFolder(app);
    write('a"b; ñ/x', 'x');
    const disposition = async (query: string) =>
      (await app.inject({ url: url + query })).headers['content-disposition'];
    expect(await disposition('')).toBe(`attachment; filename="${run_id}.zip"`);
    expect(await disposition(`?path=${encodeURIComponent('a"b; ñ')}`)).toBe(
      `attachment; filename="a_b; _.zip"; filename*=UTF-8''a%22b%3B%20%C3%B1.zip`,
    );
  });

  test('is there for logged models and model versions', async () => {
    await using app = await testApp();
    const experiment_id = await buildExperiment(app);
    const { model } = await app.call(createLoggedModel, { experiment_id });
    const { model_id, artifact_uri } = model.info;
    const path = artifact_uri.replace('mlflow-artifacts:/', '');
    const octets = { 'content-type': 'application/octet-stream' };
    await app.inject({
      method: 'PUT',
      url: `/api/2.0/mlflow-artifacts/artifacts/${path}/MLmodel`,
      headers: octets,
      payload: 'flavors',
    });
    const ofModel = await app.inject({ url: `/api/2.0/bitacora/logged-models/${model_id}/artifacts/zip` });
    expect(await unzip(ofModel.rawPayload)).toMatchObject({ MLmodel: { text: 'flavors' } });
    await app.call(createRegisteredModel, { name: 'churn & co' });
    await app.call(createModelVersion, { name: 'churn & co', source: `models:/${model_id}`, model_id });
    const ofVersion = await app.inject({
      url: '/ajax-api/2.0/bitacora/model-versions/artifacts/zip?name=churn%20%26%20co&version=1',
    });
    expect(await unzip(ofVersion.rawPayload)).toMatchObject({ MLmodel: { text: 'flavors' } });
    expect(ofVersion.headers['content-disposition']).toBe('attachment; filename="churn & co-1.zip"');
  });

  test('is refused where there is nothing, and for every path that leads out', async () => {
    await using app = await testApp();
    const { write, url } = await runWithFolder(app);
    const answer = async (query: string) => {
      const { statusCode, payload } = await app.inject({ url: url + query });
      return [statusCode, JSON.parse(payload).error_code];
    };
    expect(await answer('')).toEqual([404, 'RESOURCE_DOES_NOT_EXIST']);
    write('a.txt', 'x');
    expect(await answer('?path=none')).toEqual([404, 'RESOURCE_DOES_NOT_EXIST']);
    expect(await answer('?path=a.txt')).toEqual([404, 'RESOURCE_DOES_NOT_EXIST']);
    for (const path of ['..', '../..', '/etc', '%2e%2e/x', 'a\\..\\b', 'a/../../b'])
      expect(await answer(`?path=${encodeURIComponent(path)}`)).toEqual([400, 'INVALID_PARAMETER_VALUE']);
    expect((await app.inject({ url: url.replace(/[0-9a-f]{32}/, 'f'.repeat(32)) })).statusCode).toBe(404);
  });

  test('leaves out what links lead to outside the store, and ends where links lead round', async () => {
    await using app = await testApp();
    const { write, url, folder } = await runWithFolder(app);
    write('a.txt', 'x');
    symlinkSync('/etc', join(folder, 'outside'));
    linkSync(join(folder, 'a.txt'), join(folder, 'b.txt'));
    expect(Object.keys(await unzip((await app.inject({ url })).rawPayload))).toEqual(['a.txt', 'b.txt']);
    symlinkSync(folder, join(folder, 'round'));
    const names = Object.keys(await unzip((await app.inject({ url })).rawPayload));
    expect(names).toContain('round/round/a.txt');
    expect(names.length).toBeLessThan(100);
  });

  test('breaks the connection when a file fails on the way, so that no part passes for the whole', async () => {
    await using app = await testApp();
    const { write, url, folder } = await runWithFolder(app);
    write('a.bin', '');
    truncateSync(join(folder, 'a.bin'), 256 * 1024 * 1024);
    const answer = await fetch((await listening(app)) + url);
    expect(answer.status).toBe(200);
    // It has begun, and is far from its end: nobody has taken more than fits into the buffers on the way.
    truncateSync(join(folder, 'a.bin'), 64 * 1024);
    await expect(answer.arrayBuffer()).rejects.toThrow('terminated');
  });

  test.runIf(existsSync(OPEN_FILES))(
    'reads one file at a time with the next one open, and none once the client has left',
    async () => {
      await using app = await testApp();
      const { write, url, folder } = await runWithFolder(app);
      for (const name of ['0.bin', '1.bin', '2.bin']) {
        write(name, '');
        truncateSync(join(folder, name), 256 * 1024 * 1024);
      }
      const base = await listening(app);
      const asked = request(base + url).end();
      const answer = await new Promise<IncomingMessage>((resolve, reject) => {
        asked.once('response', resolve).once('error', reject);
      });
      // The server waits for whoever it still answers, also when the test fails.
      using _client = { [Symbol.dispose]: () => void answer.destroy() };
      // Nobody takes more than fits into the buffers on the way, so the first file stays open.
      const opened = () => expect.poll(() => openFilesIn(folder), { timeout: 20_000 });
      await opened().toEqual([join(folder, '0.bin'), join(folder, '1.bin')]);
      answer.destroy();
      await opened().toEqual([]);
    },
  );

  test('answers HEAD without reading a file', async () => {
    await using app = await testApp();
    const { write, url } = await runWithFolder(app);
    write('a.txt', 'x');
    const { statusCode, payload, headers } = await app.inject({ method: 'HEAD', url });
    expect([statusCode, payload, headers['content-type']]).toEqual([200, '', 'application/zip']);
  });
});
