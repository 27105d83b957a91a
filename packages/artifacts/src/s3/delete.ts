import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  ListObjectsV2Command,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { S3Settings } from './settings.ts';

/** What keys may hold, and a list of them in XML may not: those are deleted one by one. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what it is about.
const NOT_IN_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

/** Deletes the object of a key and all below it, a page of the listing at a time: `run1` leaves `run10` alone. */
export async function deleteObjects(
  client: S3Client,
  { bucket: Bucket, owner }: S3Settings,
  path: string,
): Promise<void> {
  const Prefix = path === '' ? '' : `${path}/`;
  let own = path === '' ? [] : [path];
  let ContinuationToken: string | undefined;
  do {
    const page = await client.send(
      // One less than may be deleted at once, for the key itself.
      new ListObjectsV2Command({
        ...owner,
        Bucket,
        Prefix,
        MaxKeys: 999,
        EncodingType: 'url',
        ContinuationToken,
      }),
    );
    const isEncoded = page.EncodingType === 'url';
    const below = (page.Contents ?? []).map(({ Key = '' }) => (isEncoded ? decodeKey(Key) : Key));
    const all = [...own, ...below];
    own = [];
    const keys = all.filter((Key) => !NOT_IN_XML.test(Key));
    for (const Key of all)
      if (NOT_IN_XML.test(Key)) await client.send(new DeleteObjectCommand({ ...owner, Bucket, Key }));
    if (keys.length > 0) {
      const { Errors = [] } = await client.send(
        new DeleteObjectsCommand({
          ...owner,
          Bucket,
          Delete: { Objects: keys.map((Key) => ({ Key })), Quiet: true },
        }),
      );
      // They come with an answer of 200.
      const [failed] = Errors;
      if (failed) throw Object.assign(new Error(failed.Message), { name: failed.Code ?? 'InternalError' });
    }
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken !== undefined);
}

/** A key as listings with `EncodingType: 'url'` give it. */
export const decodeKey = (key: string) => decodeURIComponent(key.replaceAll('+', ' '));
