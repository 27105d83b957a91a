import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LocalArtifactRepository, parseArtifactPath } from '@bitacora/artifacts';
import { previewRunArtifactText, searchRunArtifactText } from '@bitacora/protocol';
import { buildRun, putArtifact, testApp } from '@bitacora/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RangedFile } from './ranged-file.ts';
import { type SearchBounds, searchText } from './text-search.ts';

type SearchRequest = Parameters<typeof searchText>[1];

async function searchIn(content: Buffer | string, request: Partial<SearchRequest>, bounds?: SearchBounds) {
  const folder = await mkdtemp(join(tmpdir(), 'bitacora-search-'));
  try {
    await writeFile(join(folder, 'file'), content);
    const artifacts = new LocalArtifactRepository(folder);
    await using file = await RangedFile.find({ artifacts, path: parseArtifactPath('file') }, 'file');
    const whole = { ignore_case: false, from_byte: 0, from_line: 1, max_results: 100, ...request };
    return await searchText(file, whole as SearchRequest, bounds);
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('searching a text', () => {
  test('finds lines with their numbers, page by page, and where to read on from', async () => {
    await using app = await testApp();
    const run_id = await buildRun(app);
    const lines = Array.from({ length: 30_000 }, (_, at) =>
      at % 10_000 === 7 ? `line ${at + 1}: ERROR, said ERROR twice` : `line ${at + 1}: fine`,
    );
    await putArtifact(app, run_id, 'a.log', lines.join('\n'));
    const path = 'a.log';
    const first = await app.call(searchRunArtifactText, { run_id, path, text: 'ERROR', max_results: 2 });
    expect(first.matches).toMatchObject([
      { line_number: 8, text: 'line 8: ERROR, said ERROR twice', match_start: 8, match_length: 5 },
      { line_number: 10_008 },
    ]);
    const { next_byte, next_line } = first;
    expect(next_line).toBe(10_009);
    const rest = { from_byte: next_byte, from_line: next_line };
    const second = await app.call(searchRunArtifactText, { run_id, path, text: 'ERROR', ...rest });
    expect(second.matches).toMatchObject([{ line_number: 20_008 }]);
    expect(second.next_byte).toBeUndefined();
    const at_byte = second.matches[0]!.start_byte;
    const part = await app.call(previewRunArtifactText, { run_id, path, at_byte, max_lines: 1 });
    expect(part.lines).toEqual(['line 20008: ERROR, said ERROR twice']);
    expect((await app.call(searchRunArtifactText, { run_id, path, text: 'no such' })).matches).toEqual([]);
    for (const wrong of [
      { text: '' },
      { text: 'a\nb' },
      { text: 'x'.repeat(1_001) },
      { text: 'x', from_byte: 1e9 },
    ])
      await expect(app.call(searchRunArtifactText, { run_id, path, ...wrong })).rejects.toMatchObject({
        errorCode: 'INVALID_PARAMETER_VALUE',
      });
  });

  test('takes letters of either case for the same, in any script, where it is asked to', async () => {
    for (const encoding of ['utf8', 'utf16le'] as const) {
      const content = Buffer.from('\ufeffone\nÑANDÚ and ПРИВЕТ\ntwo ñandú\n', encoding);
      const found = async (text: string, ignore_case: boolean) =>
        (await searchIn(content, { text, ignore_case })).matches.map(
          ({ line_number, text, match_start, match_length }) => [
            line_number,
            text.slice(Number(match_start), Number(match_start) + Number(match_length)),
          ],
        );
      expect(await found('ñandú', false)).toEqual([[3, 'ñandú']]);
      expect(await found('ñandú', true)).toEqual([
        [2, 'ÑANDÚ'],
        [3, 'ñandú'],
      ]);
      expect(await found('привет', true)).toEqual([[2, 'ПРИВЕТ']]);
    }
    const latin = Buffer.from('a\xf1o\n', 'latin1');
    expect((await searchIn(latin, { text: 'año', encoding: 'windows-1252' })).matches).toHaveLength(1);
    expect((await searchIn(latin, { text: '日本', encoding: 'windows-1252' })).matches).toEqual([]);
  });

  test('of one endless line finds what is far within it, and says where that is', async () => {
    const content = `${'x'.repeat(3_000_000)}needle${'y'.repeat(3_000_000)}\nnext needle\n`;
    const { matches, next_byte } = await searchIn(content, { text: 'needle' });
    expect(matches.map(({ line_number }) => line_number)).toEqual([1, 2]);
    expect(matches[0]!.text.length).toBeLessThan(400);
    expect(Math.abs(Number(matches[0]!.start_byte) - 3_000_000)).toBeLessThan(1_000);
    expect(next_byte).toBeUndefined();
  });

  test('ends at its bounds, and goes on from there without losing or repeating a line', async () => {
    const lines = Array.from({ length: 60_000 }, (_, at) => (at % 997 === 0 ? `hit ${at}` : `miss ${at}`));
    const found: number[] = [];
    let from = { from_byte: 0, from_line: 1 };
    let calls = 0;
    for (; ; calls++) {
      const part = await searchIn(lines.join('\n'), { text: 'hit', ...from }, { bytes: 1, time_ms: 60_000 });
      found.push(...part.matches.map(({ line_number }) => Number(line_number)));
      if (part.next_byte === undefined) break;
      expect(Number(part.next_byte)).toBeGreaterThan(from.from_byte);
      from = { from_byte: Number(part.next_byte), from_line: Number(part.next_line) };
    }
    expect(calls).toBeGreaterThan(1);
    expect(found).toEqual(lines.flatMap((line, at) => (line.startsWith('hit') ? [at + 1] : [])));
  });

  test('finds what looking through all lines finds', async () => {
    const line = fc.array(fc.constantFrom('a', 'A', 'b', 'ñ', 'Ñ', '🌍', ' ')).map((parts) => parts.join(''));
    await fc.assert(
      fc.asyncProperty(
        fc.array(line),
        fc.constantFrom('a', 'ab', 'ñ', '🌍', 'aa'),
        fc.boolean(),
        fc.constantFrom('utf8', 'utf16le'),
        async (lines, text, ignore_case, encoding) => {
          const content = Buffer.from(`\ufeff${lines.join('\n')}`, encoding);
          const fold = (value: string) => (ignore_case ? value.toLowerCase() : value);
          const expected = lines.flatMap((each, at) => (fold(each).includes(fold(text)) ? [at + 1] : []));
          const { matches } = await searchIn(content, { text, ignore_case, max_results: 1_000 });
          expect(matches.map(({ line_number }) => line_number)).toEqual(expected);
          for (const match of matches)
            expect(
              fold(
                match.text.slice(
                  Number(match.match_start),
                  Number(match.match_start) + Number(match.match_length),
                ),
              ),
            ).toBe(fold(text));
        },
      ),
      { numRuns: 60 },
    );
  });
});
