import { ArtifactError, type ArtifactRepository, ArtifactStores } from '@bitacora/artifacts';
import { MlflowError } from '@bitacora/protocol';
import { testApp } from '@bitacora/testkit';
import { expect, test } from 'vitest';
import { placeOf } from './location.ts';

const ENVIRONMENT = {
  AWS_ACCESS_KEY_ID: 'AKIATEST',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_DEFAULT_REGION: 'us-east-1',
  AZURE_STORAGE_ACCESS_KEY: 'a2V5',
};

/** The place of a path for a workspace of a server whose proxied store is the destination. */
async function place(destination: string, workspace: string, root_uri: string, path: string) {
  await using app = await testApp();
  const stores = new ArtifactStores(ENVIRONMENT);
  try {
    const artifacts: ArtifactRepository = await stores.at(destination);
    const found = await placeOf(
      {
        db: app.store.db,
        artifacts,
        stores,
        workspace,
        scope: { isolated: true, workspace },
        settings: {
          artifactsDestination: destination,
          artifactReach: { homes: [destination], anyHost: [] },
          fileStore: undefined,
        },
      },
      root_uri,
      path,
    );
    return { isProxied: found.artifacts === artifacts, path: found.path };
  } finally {
    await stores.close();
  }
}

test('a bucket beside the proxied store is opened, and what lies in the store counts as its own', async () => {
  const red = (root_uri: string, path: string) => place('s3://bucket/prefix', 'red', root_uri, path);
  expect(await red('s3://bucket/prefix/workspaces/red/1', 'a')).toEqual({
    isProxied: true,
    path: 'workspaces/red/1/a',
  });
  expect(await red('s3://bucket', 'other/a')).toEqual({ isProxied: false, path: 'other/a' });
  expect(await red('s3://else/prefix', 'workspaces/blue/a')).toEqual({
    isProxied: false,
    path: 'workspaces/blue/a',
  });
});

const CONTAINER = 'box@account.blob.core.windows.net';

test.each([
  ['s3://bucket/prefix', 's3://bucket/prefix/workspaces/blue', '1/a'],
  ['s3://bucket/prefix', 's3://bucket/prefix', 'workspaces/blue/1/a'],
  ['s3://bucket/prefix', 's3://bucket', 'prefix/workspaces/blue/1/a'],
  ['s3://bucket/prefix', 's3://bucket', ''],
  ['s3://bucket/a/b', 's3://bucket', 'a'],
  [`wasbs://${CONTAINER}/p`, `wasbs://${CONTAINER.replace('account', 'Account')}`, 'p/workspaces/blue/1/a'],
  [`wasbs://${CONTAINER}/p`, `wasbs://${CONTAINER}/p/workspaces/blue`, '1/a'],
])(
  'with the store at %s, %s and the path %j lead into no other workspace',
  async (destination, root_uri, path) => {
    const refusal = await place(destination, 'red', root_uri, path).catch((error: unknown) => error);
    expect(refusal instanceof MlflowError || refusal instanceof ArtifactError).toBe(true);
  },
);
