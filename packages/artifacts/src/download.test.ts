import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { Download } from './download.ts';

const pieces = (count: number) => Array.from({ length: count }, (_, at) => Buffer.alloc(50_000, at));

describe('Download', () => {
  test('gives what the store sends, and asks for it when it is read', async () => {
    let asked = 0;
    const sent = pieces(40);
    const download = new Download(async () => {
      asked++;
      return { body: Readable.from(sent) };
    });
    await sleep(1);
    expect(asked).toBe(0);
    expect((await buffer(download)).equals(Buffer.concat(sent))).toBe(true);
    expect(asked).toBe(1);
  });

  test('ends where there is nothing', async () => {
    expect(await buffer(new Download(async () => undefined))).toHaveLength(0);
  });

  test('takes no more than its reader does', async () => {
    let taken = 0;
    const body = Readable.from(
      (function* () {
        for (const piece of pieces(1000)) {
          taken++;
          yield piece;
        }
      })(),
    );
    const download = new Download(async () => ({ body }));
    await once(download, 'readable');
    const first: unknown = download.read(50_000);
    await sleep(20);
    expect(first).toHaveLength(50_000);
    expect(taken).toBeLessThan(30);
    download.destroy();
    await once(body, 'close');
  });

  test('holds the last piece back from one who reads what is not what was stored', async () => {
    const sent = pieces(3);
    const check = () => ({
      checksum: createHash('md5'),
      expected: createHash('md5').update('other').digest(),
    });
    const got: Buffer[] = [];
    const download = new Download(async () => ({ body: Readable.from(sent), check: check() }));
    const reading = (async () => {
      for await (const piece of download) got.push(piece as Buffer);
    })();
    await expect(reading).rejects.toMatchObject({ kind: 'unavailable' });
    expect(Buffer.concat(got).length).toBeLessThanOrEqual(100_000);

    const right = createHash('md5').update(Buffer.concat(sent)).digest();
    const whole = new Download(async () => ({
      body: Readable.from(sent),
      check: { checksum: createHash('md5'), expected: right },
    }));
    expect(await buffer(whole)).toHaveLength(150_000);
  });

  test.each(['request', 'answer'] as const)(
    'gives up a store that is silent (from the %s on)',
    async (from) => {
      const body = new PassThrough();
      const waiting = new Promise<never>(() => undefined);
      const download = new Download(() => (from === 'answer' ? Promise.resolve({ body }) : waiting), {
        translate: (error) => Object.assign(new Error('translated'), { cause: error }),
        silence: { ms: 30, from },
      });
      await expect(buffer(download)).rejects.toMatchObject({
        message: 'translated',
        cause: { code: 'ETIMEDOUT' },
      });
      if (from === 'answer') expect(body.destroyed).toBe(true);
    },
  );

  test('lets a reader be slower than the store may be', async () => {
    const sent = pieces(12);
    const download = new Download(async () => ({ body: Readable.from(sent) }), {
      silence: { ms: 1000, from: 'answer' },
    });
    const got: Buffer[] = [];
    for await (const piece of download) {
      if (got.push(piece as Buffer) === 1) await sleep(1300);
    }
    expect(Buffer.concat(got).equals(Buffer.concat(sent))).toBe(true);
  });

  test('ends the request when nobody wants it any more, also before its answer', async () => {
    const signals: AbortSignal[] = [];
    const body = new PassThrough();
    const begin = async (signal: AbortSignal) => {
      signals.push(signal);
      await sleep(20);
      return { body };
    };
    const download = new Download(begin);
    download.read(0);
    download.destroy();
    await once(download, 'close');
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    await once(body, 'close');
  });

  test('fails where the store breaks off or refuses, in the words that it is given', async () => {
    const translate = (error: Error) => new Error(`translated: ${error.message}`);
    const body = new PassThrough();
    const download = new Download(async () => ({ body }), { translate });
    body.write('beginning');
    setImmediate(() => body.destroy());
    await expect(buffer(download)).rejects.toThrow(/^translated: /);
    const refused = new Download(async () => Promise.reject(new Error('no')), { translate });
    await expect(buffer(refused)).rejects.toThrow('translated: no');
  });
});
