import { join } from 'node:path';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { freePort } from '../../../scripts/free-port.ts';
import type { Prepared } from '../../../scripts/test-installs.ts';
import { MOTO, preparePython } from '../../../scripts/test-peers.ts';
import type { StorePeer } from '../peers.ts';
import { startDigests } from './digests.ts';
import { startProcess } from './process.ts';

const ROOT = join(import.meta.dirname, '../../..');

/** Amazon S3 as moto does it. It takes any credentials, and so URLs that were signed with any. */
export const startS3 = () => start('s3', takeAny);

/** The same, but it compares the signature of each request with its own; signed URLs are beyond it then. */
export const startGuardedS3 = () => start('s3 that checks signatures', guard);

interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const takeAny = async (): Promise<Keys> => ({
  accessKeyId: 'AKIATEST',
  secretAccessKey: 'a/secret+of=tests',
});

/** Makes a user who may do everything in S3, and then lets nobody else in. */
async function guard(endpoint: string): Promise<Keys> {
  const iam = async (parameters: Record<string, string>) => {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        // All that moto reads of it is the service that the request is for.
        authorization:
          'AWS4-HMAC-SHA256 Credential=AKIATEST/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0',
      },
      body: new URLSearchParams({ Version: '2010-05-08', UserName: 'bitacora', ...parameters }),
    });
    if (!response.ok) throw new Error(`${parameters.Action}: ${await response.text()}`);
    return response.text();
  };
  await iam({ Action: 'CreateUser' });
  await iam({
    Action: 'PutUserPolicy',
    PolicyName: 'all-of-s3',
    PolicyDocument: JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }],
    }),
  });
  const answer = await iam({ Action: 'CreateAccessKey' });
  const read = (name: string) => new RegExp(`<${name}>([^<]+)`).exec(answer)?.[1] ?? '';
  await fetch(`${endpoint}/moto-api/reset-auth`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '0',
  });
  return { accessKeyId: read('AccessKeyId'), secretAccessKey: read('SecretAccessKey') };
}

async function start(
  name: string,
  getKeys: (endpoint: string) => Promise<Keys>,
): Promise<Prepared<StorePeer>> {
  const python = await preparePython(ROOT, MOTO);
  if ('missing' in python) return python;
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const moto = await startProcess(
    python.value,
    ['-m', 'moto.server', '--host', '127.0.0.1', '--port', String(port)],
    async () => (await fetch(`${endpoint}/moto-api/data.json`)).ok,
  );
  const keys = await getKeys(endpoint);
  const digests = await startDigests(port);
  const environment = {
    MLFLOW_S3_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    AWS_DEFAULT_REGION: 'us-east-1',
  };
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials: keys });
  let buckets = 0;
  return {
    value: {
      name,
      environment,
      hasFolders: false,
      // To moto such a URL leads nowhere.
      notNames: /\n/,
      signsUrls: getKeys !== guard,
      // Half of them are a bucket of their own, half a folder in one.
      async root(folder) {
        const bucket = `bucket-${++buckets}`;
        await client.send(new CreateBucketCommand({ Bucket: bucket }));
        return buckets % 2 === 0 ? `s3://${bucket}` : `s3://${bucket}/in/${encodeURIComponent(folder)}`;
      },
      async raw(root) {
        const { Bucket, prefix } = parse(root);
        const [files, uploads] = [await keysIn(client, Bucket), await uploadsIn(client, Bucket)];
        const below = [...files, ...uploads.map((key) => `${key} (unfinished)`)];
        return below.filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
      },
      network: {
        port: digests.port,
        through: (uri, other) => ({
          uri,
          environment: {
            ...environment,
            MLFLOW_S3_ENDPOINT_URL: `http://127.0.0.1:${other}`,
            AWS_MAX_ATTEMPTS: '2',
          },
        }),
      },
      async vanish(root) {
        const { Bucket } = parse(root);
        for (const Key of await keysIn(client, Bucket))
          await client.send(new DeleteObjectCommand({ Bucket, Key }));
        await client.send(new DeleteBucketCommand({ Bucket }));
      },
      ...(getKeys === guard ? { withWrongCredentials } : {}),
      async stop() {
        client.destroy();
        await Promise.all([digests.stop(), moto.stop()]);
      },
    },
  };

  function withWrongCredentials(uri: string) {
    const secret = 'not/the+secret=at+all';
    const wrong = (variable: string, changes: Readonly<Record<string, string>>) => ({
      uri,
      environment: { ...environment, ...changes },
      variable,
      secret,
    });
    return [
      wrong('AWS_SECRET_ACCESS_KEY', { AWS_SECRET_ACCESS_KEY: secret }),
      wrong('AWS_ACCESS_KEY_ID', { AWS_ACCESS_KEY_ID: 'AKIASTRANGER', AWS_SECRET_ACCESS_KEY: secret }),
    ];
  }
}

function parse(root: string): { readonly Bucket: string; readonly prefix: string } {
  const [, Bucket = '', path = ''] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(root) ?? [];
  return { Bucket, prefix: path === '' ? '' : `${path}/` };
}

async function keysIn(client: S3Client, Bucket: string): Promise<string[]> {
  const keys: string[] = [];
  let ContinuationToken: string | undefined;
  do {
    const page = await client.send(new ListObjectsV2Command({ Bucket, ContinuationToken }));
    keys.push(...(page.Contents ?? []).map(({ Key }) => Key ?? ''));
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken !== undefined);
  return keys;
}

async function uploadsIn(client: S3Client, Bucket: string): Promise<string[]> {
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket }));
  return Uploads.map(({ Key }) => Key ?? '');
}
