import { createHmac } from 'node:crypto';
import { type S3Client, UploadPartCommand, type UploadPartCommandInput } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { takeApart } from '../signed-alike.ts';

/** After so many others have their turn. */
const SIGNED_AT_ONCE = 256;

/**
 * URLs of the parts of an upload, from 1 on. The SDK signs the first, with all that a store's settings ask for; the
 * others differ from it in a number. Where they are signed otherwise, as with some kinds of bucket, it signs all.
 */
export async function signParts(
  client: S3Client,
  upload: Omit<UploadPartCommandInput, 'PartNumber'>,
  count: number,
  options: { readonly expiresIn: number; readonly signingDate: Date },
): Promise<string[]> {
  const bySdk = (PartNumber: number) =>
    getSignedUrl(client, new UploadPartCommand({ ...upload, PartNumber }), options);
  const urls = [await bySdk(1)];
  const { secretAccessKey } = await client.config.credentials();
  const sign = signLike(urls[0] ?? '', secretAccessKey) ?? bySdk;
  for (let number = 2; number <= count; number++) {
    urls.push(await sign(number));
    if (number % SIGNED_AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return urls;
}

/** Undefined when the URL's own signature is not what this would have made of it. */
export function signLike(url: string, secret: string): ((partNumber: number) => string) | undefined {
  const shape = takeApart(url, 'X-Amz-');
  if (shape === undefined) return undefined;
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  const [, ...scope] = shape.credential.split('/');
  const key = scope.reduce<string | Buffer>(hmac, `AWS4${secret}`);
  const sign = (partNumber: number) => {
    const { url: unsigned, toSign } = shape.withParameter('partNumber', String(partNumber));
    return unsigned + hmac(key, toSign).toString('hex');
  };
  return sign(1).endsWith(`=${shape.signature}`) ? sign : undefined;
}
