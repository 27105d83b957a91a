import { describe, expect, onTestFinished, test } from 'vitest';
import { startServer } from '../../scripts/test-server.ts';
import { describeIf } from './meant.ts';
import { bytes, digest, onEachStore } from './suite.ts';

const MIB = 1024 * 1024;

await onEachStore((peer) => {
  /** A server in front of a fresh place in the store. */
  async function proxy(options: readonly string[] = []) {
    const root = await peer.root(`proxy-${options.length}-${Math.random().toString(36).slice(2)}`);
    const server = await startServer(undefined, ['--artifacts-destination', root, ...options], {
      ...process.env,
      ...peer.environment,
    });
    onTestFinished(() => server.stop());
    const call = async (method: string, path: string, body?: object | Buffer, headers = {}) => {
      const json = body !== undefined && !(body instanceof Buffer);
      const response = await fetch(`${server.uri}${path}`, {
        method,
        headers: { ...(json ? { 'content-type': 'application/json' } : {}), ...headers },
        ...(body === undefined ? {} : { body: json ? JSON.stringify(body) : new Uint8Array(body) }),
      });
      const content = Buffer.from(await response.arrayBuffer());
      return {
        status: response.status,
        headers: response.headers,
        content,
        json: () => JSON.parse(String(content)),
      };
    };
    return { root, call };
  }

  const FILES = '/api/2.0/mlflow-artifacts/artifacts';
  const MPU = '/api/2.0/mlflow-artifacts/mpu';

  describe('the proxy', () => {
    test('takes files of any size and gives them back, whole, in ranges and by their headers', async () => {
      const { call, root } = await proxy();
      for (const size of [0, 1000, 12 * MIB]) {
        const content = bytes(size);
        const url = `${FILES}/0/run/artifacts/größe %25 ${size}.bin`;
        expect((await call('PUT', url, content)).status).toBe(200);
        const got = await call('GET', url);
        expect([got.status, digest(got.content)]).toEqual([200, digest(content)]);
        const head = await call('HEAD', url);
        expect(head.headers.get('content-length')).toBe(String(size));
        expect(
          (await call('GET', url, undefined, { 'if-none-match': head.headers.get('etag') })).status,
        ).toBe(304);
        if (size === 0) continue;
        const part = await call('GET', url, undefined, { range: 'bytes=500-599' });
        expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 500-599/${size}`]);
        expect(digest(part.content)).toBe(digest(content.subarray(500, 600)));
      }
      const listed = await call('GET', `${FILES}?path=0/run/artifacts`);
      expect(listed.json().files).toHaveLength(3);
      expect((await call('DELETE', `${FILES}/0/run`)).status).toBe(200);
      expect(await peer.raw(root)).toEqual([]);
      expect((await call('GET', `${FILES}/0/run/artifacts/none`)).json().error_code).toBe(
        'RESOURCE_DOES_NOT_EXIST',
      );
    });
  });

  const canSign = peer.signsUrls;
  describeIf(canSign)('uploads in parts', () => {
    test('go straight to the store, and are seen once they are joined', async () => {
      const { call, root } = await proxy();
      const info = (await call('GET', '/api/3.0/mlflow/server-info')).json();
      expect(info.multipart_uploads_enabled).toBe(true);
      const content = bytes(11 * MIB);
      const path = 'C:\\Users\\somebody\\..\\models/big é.bin';
      const created = (await call('POST', `${MPU}/create/0/run/artifacts`, { path, num_parts: 3 })).json();
      const parts = await Promise.all(
        created.credentials.map(
          async ({ url, part_number, headers }: { url: string; part_number: number; headers: object }) => {
            const from = (part_number - 1) * 5 * MIB;
            const response = await fetch(url, {
              method: 'PUT',
              headers: { ...headers },
              body: new Uint8Array(content.subarray(from, from + 5 * MIB)),
            });
            expect(response.ok).toBe(true);
            return { part_number, etag: response.headers.get('etag') ?? '', url };
          },
        ),
      );
      expect((await call('GET', `${FILES}?path=0/run/artifacts`)).json()).toEqual({});
      const { upload_id } = created;
      const wrong = parts.map((part) => ({ ...part, etag: '"0"', url: '' }));
      expect(
        (await call('POST', `${MPU}/complete/0/run/artifacts`, { path, upload_id, parts: wrong })).json()
          .error_code,
      ).toBe('INVALID_PARAMETER_VALUE');
      // In any order: their numbers say where they belong.
      const joined = await call('POST', `${MPU}/complete/0/run/artifacts`, {
        path,
        upload_id,
        parts: parts.reverse(),
      });
      expect([joined.status, joined.json()]).toEqual([200, {}]);
      expect(digest((await call('GET', `${FILES}/0/run/artifacts/big é.bin`)).content)).toBe(digest(content));
      expect(await peer.raw(root)).toEqual(['0/run/artifacts/big é.bin']);
    });

    test('leave nothing when they are given up, as often as that is said', async () => {
      const { call, root } = await proxy();
      const { upload_id } = (await call('POST', `${MPU}/create/a`, { path: 'f', num_parts: 2 })).json();
      for (let time = 0; time < 2; time++)
        expect((await call('POST', `${MPU}/abort/a`, { path: '/tmp/f', upload_id })).status).toBe(200);
      expect(await peer.raw(root)).toEqual([]);
      for (const body of [
        { path: 'f', num_parts: 0 },
        { path: 'f', num_parts: 10_001 },
        { path: 'folder/' },
        { path: '..' },
        { num_parts: 1 },
      ])
        expect((await call('POST', `${MPU}/create/a`, body)).status).toBe(400);
      expect((await call('POST', `${MPU}/create/..%2fa`, { path: 'f' })).status).toBe(400);
      const unknown = { path: 'f', upload_id: 'nothing', parts: [{ part_number: 1, etag: '"0"', url: '' }] };
      // Not all stand-ins have the store's own code for it.
      expect((await call('POST', `${MPU}/complete/a`, unknown)).status).toBeGreaterThanOrEqual(400);
      expect(await peer.raw(root)).toEqual([]);
    });
  });

  describeIf(canSign && peer.name.startsWith('s3'))('signed URLs', () => {
    test('download a file of the proxied store as an attachment', async () => {
      const { call } = await proxy();
      await call('PUT', `${FILES}/a/page %25.html`, Buffer.from('<script>'));
      const signed = (await call('GET', '/api/2.0/mlflow-artifacts/presigned/a/page %25.html')).json();
      expect(signed).toMatchObject({ headers: {}, file_size: 8 });
      expect(new URL(signed.url).searchParams.get('X-Amz-Expires')).toBe('300');
      const got = await fetch(signed.url);
      expect(got.headers.get('content-disposition')).toMatch(/^attachment;/);
      expect(await got.text()).toBe('<script>');
      expect((await call('GET', '/api/2.0/mlflow-artifacts/presigned/none')).status).toBe(404);
    });

    test('lead to the files of runs whose location is the store itself, and to no others', async () => {
      const { call, root } = await proxy();
      const API = '/api/2.0/mlflow';
      const run = async (artifact_location?: string) => {
        const { experiment_id } = (
          await call('POST', `${API}/experiments/create`, {
            name: `e${artifact_location}`,
            artifact_location,
          })
        ).json();
        return (await call('POST', `${API}/runs/create`, { experiment_id })).json().run.info.run_id;
      };
      const direct = await run(`${root}/direct`);
      const path = 'models/m é.html';
      const upload = (
        await call('POST', `${API}/artifacts/presigned-upload-url`, { run_id: direct, path, expiration: 60 })
      ).json();
      const put = await fetch(upload.presigned_url, {
        method: 'PUT',
        headers: upload.headers,
        body: 'model',
      });
      expect(put.ok).toBe(true);
      const download = (
        await call('POST', `${API}/artifacts/presigned-download-url`, { run_id: direct, path })
      ).json();
      expect(download.file_size).toBe(5);
      expect(await (await fetch(download.presigned_url)).text()).toBe('model');
      expect(
        (
          await call('GET', `/get-artifact?run_id=${direct}&path=${encodeURIComponent(path)}`)
        ).content.toString(),
      ).toBe('model');
      const proxied = await run();
      for (const what of ['upload', 'download']) {
        const refused = await call('POST', `${API}/artifacts/presigned-${what}-url`, {
          run_id: proxied,
          path,
        });
        expect(refused.json().error_code).toBe('INVALID_PARAMETER_VALUE');
        expect(
          (await call('POST', `${API}/artifacts/presigned-${what}-url`, { run_id: direct, path: '../x' }))
            .status,
        ).toBe(400);
      }
    });

    test('and parts stay within the workspace', async () => {
      const { call, root } = await proxy(['--enable-workspaces']);
      const { upload_id } = (await call('POST', `${MPU}/create/a`, { path: 'f' })).json();
      expect(upload_id).toBeTruthy();
      for (const [method, url, body] of [
        ['POST', `${MPU}/create/workspaces/other/1`, { path: 'f' }],
        [
          'POST',
          `${MPU}/complete/workspaces/other/1`,
          { path: 'f', upload_id, parts: [{ part_number: 1, etag: 'x' }] },
        ],
        ['POST', `${MPU}/abort/workspaces/other/1`, { path: 'f', upload_id }],
        ['GET', '/api/2.0/mlflow-artifacts/presigned/workspaces/other/1/f', undefined],
      ] as const)
        expect((await call(method, url, body)).json().error_code).toBe('INVALID_PARAMETER_VALUE');
      expect(await peer.raw(root)).toEqual(['a/f (unfinished)']);
    });
  });
});
