import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { ArtifactStores } from './artifact-stores.ts';

const exec = promisify(execFile);

/** Outside of the test runner, which is more lenient about what a module exports. */
async function run(code: string): Promise<unknown> {
  const { stdout } = await exec(process.execPath, [
    '--input-type=module',
    '--eval',
    `
      import { registerHooks } from 'node:module';
      const loaded = [];
      registerHooks({
        resolve(specifier, context, next) {
          const found = next(specifier, context);
          if (found.url.includes('/node_modules/')) loaded.push(specifier);
          return found;
        },
      });
      const { ArtifactStores } = await import(${JSON.stringify(import.meta.resolve('./index.ts'))});
      ${code}
    `,
  ]);
  return JSON.parse(stdout);
}

describe('stores', () => {
  test.each(['s3', 'gs'])(
    'are not asked for a %s bucket with credentials before its name, nor is the secret shown',
    async (scheme) => {
      const stores = new ArtifactStores({});
      const opened = stores.at(`${scheme}://AKIAX:s3cret@bucket/path`);
      await expect(opened).rejects.toMatchObject({
        kind: 'invalid_uri',
        message: expect.stringContaining(`'${scheme}://AKIAX:***@bucket'`),
      });
    },
  );

  test('load no library before one of their URIs is opened', async () => {
    const loaded = await run(`
      const stores = new ArtifactStores({});
      await stores.at('/tmp');
      console.log(JSON.stringify(loaded));
    `);
    expect(loaded).toEqual([]);
  });

  test('open with their library, each of them, and ask nothing of anybody yet', async () => {
    const opened = await run(`
      const stores = new ArtifactStores({
        HOME: '/nowhere',
        AZURE_STORAGE_ACCESS_KEY: 'c2VjcmV0',
        STORAGE_EMULATOR_HOST: 'http://127.0.0.1:9',
      });
      const opened = [];
      for (const uri of [
        's3://bucket/path',
        'r2://bucket@account.r2.cloudflarestorage.com/path',
        'b2://bucket@s3.region.backblazeb2.com/path',
        'wasbs://container@account.blob.core.windows.net/path',
        'abfss://container@account.dfs.core.windows.net/path',
        'gs://bucket/path',
        'sftp://user@host/path',
        'http://127.0.0.1:9/path',
        'https://127.0.0.1:9/path',
      ])
        opened.push((await stores.at(uri)).constructor.name);
      await stores.close();
      console.log(JSON.stringify(opened));
    `);
    expect(opened).toEqual([
      ...['S3ArtifactRepository', 'S3ArtifactRepository', 'S3ArtifactRepository'],
      ...['AzureArtifactRepository', 'AzureArtifactRepository', 'GcsArtifactRepository'],
      ...['SftpArtifactRepository', 'HttpArtifactRepository', 'HttpArtifactRepository'],
    ]);
  });
});
