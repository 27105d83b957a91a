import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LocalArtifactRepository, parseArtifactPath } from '@bitacora/artifacts';
import { previewRunArtifactText, type TextPart } from '@bitacora/protocol';
import { buildRun, putArtifact, testApp } from '@bitacora/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RangedFile } from './ranged-file.ts';
import { readText } from './text.ts';

const DEFAULTS = { direction: 'FORWARD', max_lines: 1_000, max_bytes: 262_144 } as const;

/** A folder with one file in it. */
async function withFile(content: string | Buffer) {
  const folder = await mkdtemp(join(tmpdir(), 'bitacora-text-'));
  await writeFile(join(folder, 'file'), content);
  const artifacts = new LocalArtifactRepository(folder);
  return {
    place: join(folder, 'file'),
    async read(request: Partial<Parameters<typeof readText>[1]> = {}) {
      await using file = await RangedFile.find({ artifacts, path: parseArtifactPath('file') }, 'file');
      return readText(file, { ...DEFAULTS, ...request } as Parameters<typeof readText>[1]);
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

type Reads = Awaited<ReturnType<typeof withFile>>['read'];

/** All lines, part by part, put together again where a part ends within one. */
async function readAll(read: Reads, max_bytes: number, max_lines: number, direction: 'FORWARD' | 'BACKWARD') {
  let text = '';
  let at_byte: number | undefined;
  for (let count = 0; ; count++) {
    if (count > 5_000) throw new Error('it does not end');
    const part: TextPart = await read({
      direction,
      max_bytes,
      max_lines,
      ...(at_byte !== undefined && { at_byte }),
    });
    const lines = part.lines.join('\n');
    const isLast = part.end_byte === part.size_bytes;
    const ended = part.lines.length > 0 && !part.ends_within_line && !isLast ? '\n' : '';
    text = direction === 'FORWARD' ? text + lines + ended : lines + ended + text;
    const next = Number(direction === 'FORWARD' ? part.end_byte : part.start_byte);
    if (next === (direction === 'FORWARD' ? Number(part.size_bytes) : 0)) return text;
    if (next === at_byte) throw new Error(`it stays at ${next}`);
    at_byte = next;
  }
}

describe('the text of a file', () => {
  test('is read from its beginning, its end and any place', async () => {
    await using app = await testApp();
    const run_id = await buildRun(app);
    const lines = Array.from({ length: 10_000 }, (_, at) => `line ${at + 1}`);
    await putArtifact(app, run_id, 'a.log', `${lines.join('\n')}\n`);
    const path = 'a.log';
    const first = await app.call(previewRunArtifactText, { run_id, path, max_lines: 3 });
    expect(first).toMatchObject({
      lines: ['line 1', 'line 2', 'line 3'],
      start_byte: 0,
      end_byte: 21,
      begins_within_line: false,
      ends_within_line: false,
      encoding: 'utf-8',
    });
    const next = await app.call(previewRunArtifactText, {
      run_id,
      path,
      at_byte: first.end_byte,
      max_lines: 2,
    });
    expect(next.lines).toEqual(['line 4', 'line 5']);
    const last = await app.call(previewRunArtifactText, {
      run_id,
      path,
      direction: 'BACKWARD',
      max_lines: 2,
    });
    expect(last).toMatchObject({ lines: ['line 9999', 'line 10000'], end_byte: last.size_bytes });
    const before = await app.call(previewRunArtifactText, {
      run_id,
      path,
      direction: 'BACKWARD',
      at_byte: last.start_byte,
      max_lines: 1,
    });
    expect(before.lines).toEqual(['line 9998']);
    for (const wrong of [{ at_byte: -1 }, { at_byte: 10_000_000 }, { max_lines: 0 }, { max_bytes: 2 ** 21 }])
      await expect(app.call(previewRunArtifactText, { run_id, path, ...wrong })).rejects.toMatchObject({
        errorCode: 'INVALID_PARAMETER_VALUE',
      });
  });

  test('of an empty file has no lines', async () => {
    await using file = await withFile('');
    expect(await file.read()).toMatchObject({ lines: [], start_byte: 0, end_byte: 0, size_bytes: 0 });
    expect(await file.read({ direction: 'BACKWARD' })).toMatchObject({ lines: [], start_byte: 0 });
  });

  test('is cut at lines, whatever ends them, and without a mark at its beginning', async () => {
    for (const [content, lines] of [
      ['\ufeffa\r\nb\r\n', ['a', 'b']],
      ['a\n\nb', ['a', '', 'b']],
      ['\n', ['']],
      ['a\0b\n', ['a\0b']],
    ] as const) {
      for (const encoded of [Buffer.from(content), Buffer.from(`\ufeff${content}`, 'utf16le')]) {
        await using file = await withFile(encoded);
        expect((await file.read()).lines.map((line) => line.replace('\ufeff', ''))).toEqual(lines);
        expect(
          (await file.read({ direction: 'BACKWARD' })).lines.map((line) => line.replace('\ufeff', '')),
        ).toEqual(lines);
      }
    }
  });

  test('of a line without end comes in pieces, none of which cuts a character', async () => {
    await using file = await withFile('ñ🌍'.repeat(50_000));
    const first = await file.read({ max_bytes: 100 });
    expect(first).toMatchObject({ begins_within_line: false, ends_within_line: true });
    const second = await file.read({ max_bytes: 100, at_byte: Number(first.end_byte) });
    expect(second).toMatchObject({ begins_within_line: true, ends_within_line: true });
    const last = await file.read({ max_bytes: 101, direction: 'BACKWARD' });
    expect(last).toMatchObject({ begins_within_line: true, ends_within_line: false });
    for (const part of [first, second, last]) expect(part.lines.join()).not.toContain('\ufffd');
  });

  test('of a file of 20 GB is read no further than asked', async () => {
    await using file = await withFile('first\n');
    // A hole: nothing of it is on the disk.
    await truncate(file.place, 20_000_000_000);
    expect((await file.read({ max_lines: 1, encoding: 'utf-8' })).lines).toEqual(['first']);
    const end = await file.read({ direction: 'BACKWARD', max_bytes: 1000, encoding: 'utf-8' });
    expect(end).toMatchObject({ start_byte: 20_000_000_000 - 1000, begins_within_line: true });
  });

  test('is the same forwards and backwards, in parts of any size, in every encoding', async () => {
    const text = fc
      .array(
        fc.oneof(
          fc.constantFrom('a', 'ñ', '€', '🌍', '\n', '\n', 'word '),
          fc.string({ unit: 'grapheme', maxLength: 6 }),
        ),
        { maxLength: 40 },
      )
      .map((parts) => parts.join('').toWellFormed().replaceAll('\r', '').replaceAll('\ufeff', ''));
    await fc.assert(
      fc.asyncProperty(
        text,
        fc.constantFrom('utf-8', 'utf-16le', 'utf-16be'),
        fc.integer({ min: 64, max: 90 }),
        fc.integer({ min: 1, max: 4 }),
        async (text, encoding, max_bytes, max_lines) => {
          const wide = Buffer.from(`\ufeff${text}`, 'utf16le');
          const bytes =
            encoding === 'utf-8' ? Buffer.from(text) : encoding === 'utf-16le' ? wide : wide.swap16();
          await using file = await withFile(bytes);
          const read: Reads = (request) => file.read({ ...request, encoding });
          const expected = text.endsWith('\n') ? text.slice(0, -1) : text;
          expect(await readAll(read, max_bytes, max_lines, 'FORWARD')).toBe(expected);
          expect(await readAll(read, max_bytes, max_lines, 'BACKWARD')).toBe(expected);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('of what is no text is shown all the same, with a sign for what is none', async () => {
    await using file = await withFile(Buffer.from([0x61, 0xff, 0xfe, 0x0a, 0x80]));
    expect((await file.read({ encoding: 'utf-8' })).lines).toEqual(['a\ufffd\ufffd', '\ufffd']);
  });
});
