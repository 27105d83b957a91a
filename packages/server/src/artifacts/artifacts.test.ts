import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLoggedModel, getRun, listArtifacts, listLoggedModelArtifacts } from '@bitacora/protocol';
import { buildExperiment, buildRun, testApp } from '@bitacora/testkit';
import { describe, expect, test } from 'vitest';

const PROXY = '/api/2.0/mlflow-artifacts/artifacts';
const octets = { 'content-type': 'application/octet-stream' };

describe('the proxied store', () => {
  test('takes files and gives them back, whole and in ranges, as attachments', async () => {
    await using app = await testApp();
    const put = await app.inject({
      method: 'PUT',
      url: `${PROXY}/a/b%20c.html`,
      headers: octets,
      payload: '<script>0123456789',
    });
    expect([put.statusCode, put.payload]).toEqual([200, '']);
    const whole = await app.inject({ url: `${PROXY}/a/b%20c.html` });
    expect(whole.headers).toMatchObject({
      'content-type': 'text/html',
      'content-disposition': 'attachment; filename="b c.html"',
      'content-length': '18',
      'accept-ranges': 'bytes',
      'content-security-policy': "default-src 'none'; sandbox",
    });
    expect(whole.payload).toBe('<script>0123456789');
    const range = await app.inject({ url: `${PROXY}/a/b%20c.html`, headers: { range: 'bytes=8-10' } });
    expect([range.statusCode, range.payload, range.headers['content-range']]).toEqual([
      206,
      '012',
      'bytes 8-10/18',
    ]);
    expect(
      (await app.inject({ url: `${PROXY}/a/b%20c.html`, headers: { range: 'bytes=99-' } })).statusCode,
    ).toBe(416);
    const { etag } = whole.headers;
    for (const [known, status] of [
      [`${etag}`, 304],
      [`W/${etag}`, 304],
      [`"other", W/${etag}`, 304],
      ['*', 304],
      ['"other"', 200],
    ] as const) {
      const headers = { 'if-none-match': known };
      const again = await app.inject({ url: `${PROXY}/a/b%20c.html`, headers });
      expect([known, again.statusCode]).toEqual([known, status]);
    }
    expect(
      (
        await app.inject({
          url: `${PROXY}/a/b%20c.html`,
          headers: { range: 'bytes=0-1', 'if-range': '"other"' },
        })
      ).statusCode,
    ).toBe(200);
    const head = await app.inject({ method: 'HEAD', url: `${PROXY}/a/b%20c.html` });
    expect([head.statusCode, head.payload, head.headers['content-length']]).toEqual([200, '', '18']);
  });

  test('lists base names; a file or a missing folder lists as nothing', async () => {
    await using app = await testApp();
    await app.inject({ method: 'PUT', url: `${PROXY}/a/b/c.txt`, headers: octets, payload: 'x' });
    const list = async (path: string) =>
      (await app.inject({ url: `${PROXY}?path=${encodeURIComponent(path)}` })).json();
    expect(await list('a')).toEqual({ files: [{ path: 'b', is_dir: true }] });
    expect(await list('a/b')).toEqual({ files: [{ path: 'c.txt', is_dir: false, file_size: 1 }] });
    expect(await list('a/b/c.txt')).toEqual({});
    expect(await list('none')).toEqual({});
  });

  test('says by HEAD how long a file is, whole or in a range, and sends nothing', async () => {
    await using app = await testApp();
    await app.inject({ method: 'PUT', url: `${PROXY}/f.bin`, headers: octets, payload: 'x'.repeat(1000) });
    const head = (headers: Record<string, string> = {}) =>
      app.inject({ method: 'HEAD', url: `${PROXY}/f.bin`, headers });
    const whole = await head();
    expect([whole.statusCode, whole.headers['content-length'], whole.payload]).toEqual([200, '1000', '']);
    expect(whole.headers['accept-ranges']).toBe('bytes');
    const part = await head({ range: 'bytes=10-19' });
    expect([part.statusCode, part.headers['content-range'], part.payload]).toEqual([
      206,
      'bytes 10-19/1000',
      '',
    ]);
    expect((await app.inject({ method: 'HEAD', url: `${PROXY}/none` })).statusCode).toBe(404);
  });

  test('answers what is missing, a folder, and a name that ends in a slash', async () => {
    await using app = await testApp();
    await app.inject({ method: 'PUT', url: `${PROXY}/d/f`, headers: octets, payload: 'x' });
    const missing = await app.inject({ url: `${PROXY}/nothing` });
    expect([missing.statusCode, missing.json().error_code]).toEqual([404, 'RESOURCE_DOES_NOT_EXIST']);
    expect((await app.inject({ url: `${PROXY}/d` })).statusCode).toBe(400);
    expect(
      (await app.inject({ method: 'PUT', url: `${PROXY}/d/`, headers: octets, payload: 'x' })).statusCode,
    ).toBe(400);
    for (let time = 0; time < 2; time++) {
      const gone = await app.inject({ method: 'DELETE', url: `${PROXY}/d` });
      expect([gone.statusCode, gone.payload]).toEqual([200, '{}']);
    }
  });

  test.each([
    '..%2fx',
    '%2e%2e/x',
    '..%252fx',
    '%252e%252e%252fx',
    '%2fetc%2fpasswd',
    'a%5c..%5c..%5cx',
    'a%00b',
    'C:%5cx',
    'file:%2f%2f%2fetc',
    'a/..%2f..%2f..%2fetc/passwd',
  ])('refuses %s by every method, and touches nothing', async (path) => {
    await using app = await testApp();
    writeFileSync(join(app.folder, 'x'), 'outside');
    for (const method of ['GET', 'PUT', 'DELETE'] as const) {
      const answer = await app.inject({
        method,
        url: `${PROXY}/${path}`,
        ...(method === 'PUT' ? { headers: octets, payload: 'evil' } : {}),
      });
      expect([400, 404], `${method} ${path}`).toContain(answer.statusCode);
      expect(answer.payload).not.toContain('root:');
      expect(answer.payload).not.toContain(app.folder);
    }
    const listed = await app.inject({ url: `${PROXY}?path=${path}` });
    expect(listed.statusCode).toBe(400);
    expect(readdirSync(app.folder).filter((name) => !name.startsWith('mlflow.db'))).not.toContain('evil');
  });

  test('takes no new name with a #, which clients could not list, however it is sent', async () => {
    await using app = await testApp();
    const run_id = await buildRun(app);
    const answers = [
      await app.inject({ method: 'PUT', url: `${PROXY}/x%23y`, headers: octets, payload: 'x' }),
      await app.inject({ method: 'PUT', url: `${PROXY}/x%2523y`, headers: octets, payload: 'x' }),
      await app.inject({
        method: 'POST',
        url: `/ajax-api/2.0/mlflow/upload-artifact?run_uuid=${run_id}&path=x%23y`,
        headers: octets,
        payload: 'x',
      }),
    ];
    for (const answer of answers)
      expect([answer.statusCode, answer.json().error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE']);
    expect(existsSync(app.config.artifactsDestination)).toBe(false);
  });

  test('takes what follows a ? for the rest of a name, as clients send it so, unless there is no such file', async () => {
    await using app = await testApp();
    const put = (url: string) =>
      app.inject({ method: 'PUT', url: `${PROXY}/${url}`, headers: octets, payload: url });
    for (const url of ['d/a', 'd/a?b=1&c%20%25', 'd/w%3Fx', 'd?e/f'])
      expect((await put(url)).statusCode).toBe(200);
    const names = readdirSync(join(app.config.artifactsDestination), { recursive: true });
    expect(names.toSorted()).toEqual(['d', 'd/a', 'd/a?b=1&c %', 'd/w?x', 'd?e', 'd?e/f']);
    const read = async (url: string) => (await app.inject({ url: `${PROXY}/${url}` })).payload;
    expect(await read('d/a?b=1&c%20%25')).toBe('d/a?b=1&c%20%25');
    expect(await read('d/a?download=1')).toBe('d/a');
    expect(await read('d/w?x')).toBe('d/w%3Fx');
    for (const url of ['d/a?../../../x', 'd?/../..', 'd/a?%2e%2e/..%2f..%2fx'])
      expect((await put(url)).statusCode, url).toBe(400);
    // A client that deletes one of two files means that one.
    await app.inject({ method: 'DELETE', url: `${PROXY}/d/a?none` });
    await app.inject({ method: 'DELETE', url: `${PROXY}/d/a?b=1&c%20%25` });
    expect(await read('d/a')).toBe('d/a');
    expect((await app.inject({ url: `${PROXY}?path=d` })).json().files).toHaveLength(2);
  });

  test('lists what other programs have put there, but for names that its clients refuse, which it tells', async () => {
    await using app = await testApp();
    const folder = join(app.config.artifactsDestination, 'd');
    mkdirSync(folder, { recursive: true });
    const names = [
      'a#b',
      'a%23b',
      'a\\b',
      'a\nb',
      '%2Fx',
      '..%2Fx',
      'C:',
      '..\\x',
      'A',
      'a',
      'é',
      'e\u0301',
      '100%',
    ];
    for (const name of names) writeFileSync(join(folder, name), name);
    const listed = (await app.inject({ url: `${PROXY}?path=d` })).json();
    const left_out = ['a#b', 'a%23b', 'a\nb', '%2Fx', '..%2Fx', 'C:', '..\\x'];
    expect(new Set(listed.left_out)).toEqual(new Set(left_out));
    const files: { path: string }[] = listed.files;
    const kept = names.filter((name) => !left_out.includes(name));
    expect(new Set(files.map(({ path }) => path))).toEqual(new Set(kept));
    for (const name of [...kept, 'a#b', 'a%23b', 'a\nb'])
      expect((await app.inject({ url: `${PROXY}/d/${encodeURIComponent(name)}` })).payload).toBe(name);
    const deletion = { method: 'DELETE', url: `${PROXY}/d` } as const;
    expect((await app.inject(deletion)).statusCode).toBe(200);
    expect(existsSync(folder)).toBe(false);
  });

  test('says in the words that clients look for that it takes no uploads in parts', async () => {
    await using app = await testApp();
    for (const call of ['create', 'complete', 'abort']) {
      const answer = await app.inject({
        method: 'POST',
        url: `/api/2.0/mlflow-artifacts/mpu/${call}/a/b`,
        payload: { path: 'x', num_parts: 2, upload_id: 'u', parts: [] },
      });
      expect([answer.statusCode, answer.json().error_code]).toEqual([501, 'NOT_IMPLEMENTED']);
      expect(answer.json().message).toMatch(
        /^Multipart upload is not supported for the current artifact repository/,
      );
    }
    expect((await app.inject({ url: '/api/2.0/mlflow-artifacts/presigned/a/b' })).statusCode).toBe(501);
  });

  test('is shut by --no-serve-artifacts, and alone open with --artifacts-only', async () => {
    await using shut = await testApp({ servesArtifacts: false, artifactRoot: 's3://b' });
    expect((await shut.inject({ url: `${PROXY}/a` })).statusCode).toBe(503);
    expect((await shut.inject({ url: '/api/2.0/mlflow/experiments/get?experiment_id=0' })).statusCode).toBe(
      200,
    );
    await using only = await testApp({ servesOnlyArtifacts: true });
    expect((await only.inject({ url: `${PROXY}/a` })).statusCode).toBe(404);
    expect((await only.inject({ url: '/api/2.0/mlflow/experiments/get?experiment_id=0' })).statusCode).toBe(
      503,
    );
    expect((await only.inject({ url: '/health' })).statusCode).toBe(200);
  });
});

describe('the artifacts of a run', () => {
  test('are listed with paths from its root, and downloaded by them', async () => {
    await using app = await testApp();
    const run_id = await buildRun(app);
    await app.inject({
      method: 'PUT',
      url: `${PROXY}/0/${run_id}/artifacts/dir/f.txt`,
      headers: octets,
      payload: 'hello',
    });
    expect(await app.call(listArtifacts, { run_id })).toEqual({
      root_uri: `mlflow-artifacts:/0/${run_id}/artifacts`,
      files: [{ path: 'dir', is_dir: true }],
    });
    expect((await app.call(listArtifacts, { run_id, path: 'dir' })).files).toEqual([
      { path: 'dir/f.txt', is_dir: false, file_size: 5 },
    ]);
    expect((await app.inject({ url: `/get-artifact?run_uuid=${run_id}&path=dir/f.txt` })).payload).toBe(
      'hello',
    );
    expect((await app.inject({ url: `/get-artifact?run_id=${run_id}` })).statusCode).toBe(400);
    expect((await app.inject({ url: '/get-artifact?run_id=none&path=a' })).statusCode).toBe(404);
    const sent = await app.inject({
      method: 'POST',
      url: `/ajax-api/2.0/mlflow/upload-artifact?run_uuid=${run_id}&path=note.txt`,
      headers: octets,
      payload: 'by page',
    });
    expect(sent.statusCode).toBe(200);
    expect((await app.inject({ url: `/get-artifact?run_id=${run_id}&path=note.txt` })).payload).toBe(
      'by page',
    );
  });

  test('are listed whole where there are too many to be held', async () => {
    await using app = await testApp();
    const run_id = await buildRun(app);
    const folder = join(app.config.artifactsDestination, '0', run_id, 'artifacts', 'many');
    mkdirSync(folder, { recursive: true });
    const names = Array.from({ length: 2500 }, (_, at) => `f${String(at).padStart(4, '0')}`);
    for (const name of [...names, '..%2Fx']) writeFileSync(join(folder, name), 'x');
    const { root_uri, files, left_out } = await app.call(listArtifacts, { run_id, path: 'many' });
    expect(root_uri).toBe(`mlflow-artifacts:/0/${run_id}/artifacts`);
    expect(files?.map(({ path }) => path)).toEqual(names.map((name) => `many/${name}`));
    expect(left_out).toEqual(['..%2Fx']);
    const proxied = (await app.inject({ url: `${PROXY}?path=0/${run_id}/artifacts/many` })).json();
    expect(proxied.files.map(({ path }: { path: string }) => path)).toEqual(names);
    const query = `{ mlflowListArtifacts(input: { runId: "${run_id}", path: "many" }) { files { path } } }`;
    const answer = await app.inject({ method: 'POST', url: '/graphql', payload: { query } });
    expect(answer.json().data.mlflowListArtifacts.files).toHaveLength(2500);
  });

  test('are listed and read by any name that a path can have, and others are told', async () => {
    await using app = await testApp();
    const run_id = await buildRun(app);
    const folder = join(app.config.artifactsDestination, '0', run_id, 'artifacts', 'd#1');
    mkdirSync(folder, { recursive: true });
    const names = ['a#b', 'a%23b', 'a\\b', 'a\nb', '%2Fx', 'C:'];
    for (const name of [...names, '..%2Fx']) writeFileSync(join(folder, name), name);
    const { files, left_out } = await app.call(listArtifacts, { run_id, path: 'd#1' });
    expect(left_out).toEqual(['..%2Fx']);
    expect(new Set(files?.map(({ path }) => path))).toEqual(new Set(names.map((name) => `d#1/${name}`)));
    for (const { path } of files ?? []) {
      const got = await app.inject({ url: `/get-artifact?${new URLSearchParams({ run_id, path })}` });
      expect([got.statusCode, got.payload]).toEqual([200, path.slice(4)]);
    }
  });

  test('of a logged model too', async () => {
    await using app = await testApp();
    const { model } = await app.call(createLoggedModel, { experiment_id: '0', name: 'net' });
    const { model_id, artifact_uri } = model.info;
    await app.inject({
      method: 'PUT',
      url: `${PROXY}/${artifact_uri.replace('mlflow-artifacts:/', '')}/MLmodel`,
      headers: octets,
      payload: 'flavors: {}',
    });
    expect((await app.call(listLoggedModelArtifacts, { model_id })).files).toEqual([
      { path: 'MLmodel', is_dir: false, file_size: 11 },
    ]);
    expect(
      (
        await app.inject({
          url: `/ajax-api/2.0/mlflow/logged-models/${model_id}/artifacts/files?artifact_file_path=MLmodel`,
        })
      ).payload,
    ).toBe('flavors: {}');
  });

  test('outside the store are not served, wherever an experiment points', async () => {
    await using app = await testApp();
    const experiment_id = await buildExperiment(app, { artifact_location: '/etc' });
    const run_id = await buildRun(app, { experiment_id });
    expect((await app.call(getRun, { run_id })).run.info.artifact_uri).toBe(`/etc/${run_id}/artifacts`);
    await expect(app.call(listArtifacts, { run_id })).rejects.toMatchObject({ errorCode: 'NOT_IMPLEMENTED' });
    const elsewhere = await buildRun(app, {
      experiment_id: await buildExperiment(app, { artifact_location: 'dbfs:/x' }),
    });
    expect((await app.inject({ url: `/get-artifact?run_id=${elsewhere}&path=a` })).statusCode).toBe(501);
  });

  test('behind a link that leads out are not served', async () => {
    await using app = await testApp();
    const run_id = await buildRun(app);
    const folder = join(app.folder, 'mlartifacts/0', run_id, 'artifacts');
    mkdirSync(folder, { recursive: true });
    symlinkSync('/etc', join(folder, 'etc'));
    expect((await app.inject({ url: `/get-artifact?run_id=${run_id}&path=etc/passwd` })).statusCode).toBe(
      404,
    );
    expect(await app.call(listArtifacts, { run_id })).not.toHaveProperty('files');
  });
});
