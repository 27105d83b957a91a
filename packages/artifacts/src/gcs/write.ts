import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ArtifactError } from '../error.ts';
import { type Block, blockBytes, blocksOf, chain } from '../transfer.ts';
import type { GcsClient } from './client.ts';
import { Crc32c } from './crc32c.ts';
import { GcsRefusal, isPassing } from './errors.ts';

/** In a row and without getting on, before an upload is given up. */
const TRIES = 3;
const PAUSE_MS = 500;

/**
 * An object appears with the last of its bytes; until then the service keeps them apart, for a week at most. The CRC32C
 * of all comes along with those, and where it is not theirs the service leaves what was there before.
 */
export async function writeObject(
  client: GcsClient,
  name: string,
  content: AsyncIterable<Buffer>,
  size_bytes: number | undefined,
): Promise<void> {
  const blocks = blocksOf(content, blockBytes(client.settings.chunk_bytes, size_bytes), client.blocks);
  const first = await blocks.next();
  if (first.done || first.value.isLast)
    return writeSmall(client, name, first.value?.bytes ?? Buffer.alloc(0));
  const checksum = new Crc32c();
  const session = await begin(client, name);
  let sent_bytes = 0;
  const send = async ({ bytes, isLast, release }: Block) => {
    checksum.update(bytes);
    const start = sent_bytes;
    sent_bytes += bytes.length;
    const whole = isLast ? { total: sent_bytes, checksum } : undefined;
    const answer = await sendChunk(client, session, bytes, start, whole);
    release();
    return answer;
  };
  let sending: Promise<unknown> = Promise.resolve();
  try {
    // One is on its way while the next is gathered.
    for await (const block of chain([first.value], blocks)) {
      await sending;
      sending = send(block);
      // It is awaited above or below; until then nobody may call it unhandled.
      sending.catch(() => undefined);
    }
    await check(client, name, await sending, checksum);
  } catch (error) {
    // What went wrong first is told.
    await sending.catch(() => undefined);
    // It would be forgotten by itself.
    void client.ask({ method: 'DELETE', path: session }).then(
      ({ body }) => body.dump(),
      () => undefined,
    );
    throw error;
  }
}

/** In one request, which the service checks itself. */
async function writeSmall(client: GcsClient, name: string, content: Buffer): Promise<void> {
  const checksum = new Crc32c();
  checksum.update(content);
  const boundary = `bitacora-${randomBytes(12).toString('hex')}`;
  const metadata = JSON.stringify({ name, crc32c: checksum.toString() });
  const body = Buffer.concat([
    Buffer.from(`--${boundary}\r\nContent-Type: application/json\r\n\r\n${metadata}\r\n`),
    Buffer.from(`--${boundary}\r\nContent-Type: application/octet-stream\r\n\r\n`),
    content,
    Buffer.from(`\r\n--${boundary}--`),
  ]);
  const stored = await client.json({
    method: 'POST',
    path: client.objects({ uploadType: 'multipart' }, '/upload'),
    headers: { 'content-type': `multipart/related; boundary=${boundary}` },
    body,
  });
  await check(client, name, stored, checksum);
}

/** @returns the path of a resumable upload. */
async function begin(client: GcsClient, name: string): Promise<string> {
  const response = await client.sendAgain({
    method: 'POST',
    path: client.objects({ uploadType: 'resumable', name }, '/upload'),
    headers: { 'content-type': 'application/json', 'x-upload-content-type': 'application/octet-stream' },
    body: JSON.stringify({ name }),
  });
  await response.body.dump();
  const { location } = response.headers;
  const id = typeof location === 'string' ? new URL(location).searchParams.get('upload_id') : null;
  if (id === null) throw new GcsRefusal(502, '');
  return client.objects({ uploadType: 'resumable', name, upload_id: id }, '/upload');
}

/**
 * Sends a chunk until the service has all of it.
 *
 * @param whole the size and checksum of the object, with the last.
 * @returns the object's metadata, after the last.
 */
async function sendChunk(
  client: GcsClient,
  session: string,
  chunk: Buffer,
  start: number,
  whole?: { readonly total: number; readonly checksum: Crc32c },
): Promise<unknown> {
  const end = start + chunk.length;
  let kept = start;
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await client.ask({
        method: 'PUT',
        path: session,
        headers: {
          'content-range': `bytes ${kept}-${end - 1}/${whole?.total ?? '*'}`,
          ...(whole && { 'x-goog-hash': `crc32c=${whole.checksum}` }),
        },
        body: chunk.subarray(kept - start),
      });
      if (response.statusCode < 300) return await response.body.json();
      if (response.statusCode !== 308) throw new GcsRefusal(response.statusCode, await response.body.text());
      await response.body.dump();
      const has = keptBytes(response.headers.range);
      if (has === end && whole === undefined) return undefined;
      if (has < start || has > end || attempt >= TRIES) throw new GcsRefusal(502, '');
      if (has > kept) attempt = 0;
      kept = has;
    } catch (error) {
      if (attempt >= TRIES || !isPassing(error)) throw error;
      // The service passes over what it has already.
      await sleep(PAUSE_MS * attempt);
    }
  }
}

/** How much the service has: `bytes=0-524287`, or nothing yet. */
const keptBytes = (range: string | string[] | undefined): number =>
  typeof range === 'string' ? Number(/-(\d+)$/.exec(range)?.[1] ?? -1) + 1 : 0;

/**
 * The service has compared it; emulators have not. What they hold otherwise than it was sent goes again at once, if that
 * is not but their answer.
 */
async function check(client: GcsClient, name: string, stored: unknown, checksum: Crc32c): Promise<void> {
  const expected = checksum.toString();
  const isOther = (object: unknown): object is { readonly crc32c: unknown; readonly generation?: unknown } =>
    typeof object === 'object' && object !== null && 'crc32c' in object && object.crc32c !== expected;
  if (!isOther(stored)) return;
  const fields = 'crc32c,generation';
  const kept = await client.json({ path: client.object(name, { fields }) });
  if (!isOther(kept) || kept.generation !== stored.generation) return;
  const generation = { generation: String(kept.generation) };
  const response = await client.ask({ method: 'DELETE', path: client.object(name, generation) });
  await response.body.dump();
  throw new ArtifactError(
    'unavailable',
    `The artifact store ${client.settings.name} got other bytes than were sent. Send it again.`,
  );
}
