import { createPrivateKey, sign as signAsync } from 'node:crypto';
import { promisify } from 'node:util';
import { takeApart } from '../signed-alike.ts';
import { eachOf } from '../transfer.ts';
import type { GcsClient } from './client.ts';

/** Signatures of RSA are made by Node's own threads; more would wait for one of those. */
const SIGNED_AT_ONCE = 8;

const rsa = promisify(signAsync);

/** When a signed URL begins and ends, in milliseconds since the epoch. */
export interface Lasting {
  readonly accessibleAt: number;
  readonly expires: number;
}

/**
 * By the store's clock, which decides. Google's library makes no URL that has ended by this server's: where that is
 * ahead by more than a URL lasts, it lasts until then.
 */
export async function lasting({ clock }: GcsClient, seconds: number): Promise<Lasting> {
  const accessibleAt = await clock.now();
  return { accessibleAt, expires: Math.max(accessibleAt + seconds * 1000, Date.now() + 1000) };
}

/** URLs of the parts of an upload, from 1 on; Google's library signs the first, and the others differ in a number. */
export async function signParts(
  { settings: { storage, bucket } }: GcsClient,
  name: string,
  upload_id: string,
  count: number,
  during: Lasting,
): Promise<string[]> {
  const bySdk = async (part: number) => {
    const queryParams = { partNumber: String(part), uploadId: upload_id };
    const file = storage.bucket(bucket).file(name);
    const [url] = await file.getSignedUrl({ version: 'v4', action: 'write', ...during, queryParams });
    return url;
  };
  const urls = [await bySdk(1)];
  const { private_key } = await storage.authClient.getCredentials();
  const sign = (private_key && (await signLike(urls[0] ?? '', private_key))) || bySdk;
  const numbers = Array.from({ length: count - 1 }, (_, index) => index + 2);
  await eachOf(numbers, SIGNED_AT_ONCE, async (number) => {
    urls[number - 1] = await sign(number);
  });
  return urls;
}

/** Undefined when the URL's own signature is not what this would have made of it. */
export async function signLike(
  url: string,
  private_key: string,
): Promise<((partNumber: number) => Promise<string>) | undefined> {
  const shape = takeApart(url, 'X-Goog-');
  if (shape === undefined) return undefined;
  const key = createPrivateKey(private_key);
  const sign = async (partNumber: number) => {
    const { url: unsigned, toSign } = shape.withParameter('partNumber', String(partNumber));
    return unsigned + (await rsa('RSA-SHA256', Buffer.from(toSign), key)).toString('hex');
  };
  return (await sign(1)).endsWith(`=${shape.signature}`) ? sign : undefined;
}
