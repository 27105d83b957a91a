import { generateKeyPairSync } from 'node:crypto';
import { S3Client, UploadPartCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { Storage } from '@google-cloud/storage';
import { expect, test } from 'vitest';
import { signLike as signLikeGoogle } from './gcs/sign-parts.ts';
import { signLike, signParts } from './s3/sign-parts.ts';

const UploadId = 'a+b/c=.d_e-f~ü';
const KEYS = ['file', 'a b/ü (1)!*\'".txt', '100%/a+b&c=d?#;,:@$[]|', `${'x'.repeat(200)}/y`];
const secretAccessKey = 'a/secret+of=tests';

const client = (settings: object = {}, session: object = {}) =>
  new S3Client({
    region: 'eu-west-3',
    credentials: { accessKeyId: 'AKIATEST', secretAccessKey, ...session },
    requestChecksumCalculation: 'WHEN_REQUIRED',
    ...settings,
  });

test.each([
  ['at Amazon', client()],
  ['of a session', client({}, { sessionToken: 'IQoJ+/==token' })],
  ['elsewhere', client({ endpoint: 'http://127.0.0.1:9000', forcePathStyle: true })],
  ['below a path', client({ endpoint: 'https://store.example.com/s3', forcePathStyle: true })],
])('parts of uploads %s are signed as the SDK does, without it', async (_, s3) => {
  const signingDate = new Date('2026-11-27T08:00:00Z');
  for (const Key of KEYS) {
    const bySdk = (PartNumber: number) =>
      getSignedUrl(
        s3,
        new UploadPartCommand({
          Bucket: 'bucket',
          Key,
          UploadId,
          PartNumber,
          ExpectedBucketOwner: '123456789012',
        }),
        { expiresIn: 3600, signingDate },
      );
    const sign = signLike(await bySdk(1), secretAccessKey);
    for (const number of [1, 2, 10, 9999]) {
      const [own, theirs] = [new URL(sign?.(number) ?? ''), new URL(await bySdk(number))];
      expect(own.origin + own.pathname).toBe(theirs.origin + theirs.pathname);
      expect(Object.fromEntries(own.searchParams)).toEqual(Object.fromEntries(theirs.searchParams));
    }
  }
});

test('parts that are signed with another key, or in another way, are left to the SDK', async () => {
  const s3 = client();
  const url = await getSignedUrl(
    s3,
    new UploadPartCommand({ Bucket: 'b', Key: 'k', UploadId, PartNumber: 1 }),
  );
  expect(signLike(url, 'another')).toBeUndefined();
  expect(signLike('https://b.s3.amazonaws.com/k', secretAccessKey)).toBeUndefined();
  const signsHeaders = url.replace('SignedHeaders=host', 'SignedHeaders=host%3Bx-amz-date');
  expect(signLike(signsHeaders, secretAccessKey)).toBeUndefined();
  const urls = await signParts(s3, { Bucket: 'b', Key: 'k', UploadId }, 3, {
    expiresIn: 60,
    signingDate: new Date(),
  });
  expect(urls.map((each) => new URL(each).searchParams.get('partNumber'))).toEqual(['1', '2', '3']);
});

test("parts are signed as Google's library does, without it", async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const private_key = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const client_email = 'bitacora@tests.iam.gserviceaccount.com';
  const storage = new Storage({ projectId: 'tests', credentials: { private_key, client_email } });
  const accessibleAt = new Date(Math.floor(Date.now() / 1000) * 1000);
  for (const key of KEYS) {
    const bySdk = async (part: number) => {
      const [url] = await storage
        .bucket('bucket')
        .file(key)
        .getSignedUrl({
          version: 'v4',
          action: 'write',
          accessibleAt,
          expires: accessibleAt.getTime() + 3_600_000,
          queryParams: { partNumber: String(part), uploadId: UploadId },
        });
      return url;
    };
    const sign = await signLikeGoogle(await bySdk(1), private_key);
    for (const number of [1, 2, 10_000]) {
      const [own, theirs] = [new URL((await sign?.(number)) ?? ''), new URL(await bySdk(number))];
      expect(own.origin + own.pathname).toBe(theirs.origin + theirs.pathname);
      expect(Object.fromEntries(own.searchParams)).toEqual(Object.fromEntries(theirs.searchParams));
    }
  }
});
