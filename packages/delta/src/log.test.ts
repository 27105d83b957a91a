import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expectedOf } from '../test/fixtures.ts';
import {
  add,
  logPath,
  METADATA,
  MemoryTableFiles,
  PROTOCOL,
  remove,
  tableOf,
} from '../test/memory-table-files.ts';
import { openSnapshot } from './snapshot.ts';

const paths = async (table: MemoryTableFiles, version?: number) =>
  (await openSnapshot(table, version === undefined ? {} : { version })).files.map(({ path }) => path);

describe('replaying a log', () => {
  test('the last word on a file counts', async () => {
    const table = tableOf([add('a'), add('b')], [remove('a')], [add('a', { size: 99 }), remove('b')]);
    const snapshot = await openSnapshot(table);
    expect(snapshot.files.map(({ path, size_bytes }) => [path, size_bytes])).toEqual([['a', 99]]);
    expect(await paths(table, 0)).toEqual(['a', 'b']);
    expect(await paths(table, 1)).toEqual(['b']);
  });

  test('a file with another deletion vector is another file, also within one commit', async () => {
    const vector = (name: string) => ({
      deletionVector: {
        storageType: 'u',
        pathOrInlineDv: `${name.repeat(20)}`,
        offset: 1,
        sizeInBytes: 4,
        cardinality: 1,
      },
    });
    const table = tableOf(
      [add('a')],
      [add('a', vector('0')), remove('a')],
      [remove('a', vector('0')), add('a', vector('1'))],
    );
    const { files } = await openSnapshot(table);
    expect(files.map((file) => file.deletion_vector?.id)).toEqual([`u${'1'.repeat(20)}@1`]);
  });

  test('the digest of the files is what its description says, whatever else differs', async () => {
    const deletionVector = {
      storageType: 'u',
      pathOrInlineDv: '0'.repeat(20),
      offset: 1,
      sizeInBytes: 4,
      cardinality: 1,
    };
    const table = tableOf([add('b%20ü', { size: 7, deletionVector }), add('a'), add('c')], [remove('c')]);
    const text = `a\0${10}\0\nb ü\0${7}\0u${'0'.repeat(20)}@1\n`;
    const digest = createHash('sha256').update(text).digest('hex');
    expect((await openSnapshot(table)).file_list_digest).toBe(digest);
    const other = tableOf(
      [add('a', { stats: '{"numRecords":1}' })],
      [add('b ü', { size: 7, deletionVector })],
    );
    expect((await openSnapshot(other)).file_list_digest).toBe(digest);
    expect((await openSnapshot(other, { version: 0 })).file_list_digest).not.toBe(digest);
  });

  test('paths that are encoded differently are the same file', async () => {
    expect(await paths(tableOf([add('k=%C3%BC/a%20b')], [remove('k=%c3%bc/a b')]))).toEqual([]);
  });

  test('unknown actions and fields are passed over', async () => {
    const table = tableOf(
      [{ cdc: { path: 'c' } }, { txn: { appId: 'x', version: 1 } }, add('a', { later: {} })],
      [{ invented: { x: 1 } }],
    );
    expect(await paths(table)).toEqual(['a']);
  });

  test('a blank line and Windows line ends are no harm', async () => {
    const table = tableOf([add('a')]);
    table.put(logPath(1), `\r\n${JSON.stringify(add('b'))}\r\n\n`);
    expect(await paths(table)).toEqual(['a', 'b']);
  });

  test('a commit of many megabytes is read in pieces', async () => {
    const files = Array.from({ length: 30_000 }, (_, at) => add(`part-${at}-${'é'.repeat(at % 90)}.parquet`));
    const table = tableOf([add('a')], files, [remove('a')]);
    expect(table.bytes(logPath(1)).length).toBeGreaterThan(5_000_000);
    const snapshot = await openSnapshot(table);
    expect(snapshot.files).toHaveLength(30_000);
    expect(snapshot.total_bytes).toBe(300_000);
    expect(table.read_paths.filter((path) => path === logPath(1)).length).toBeGreaterThan(1);
    // The last line needs no end.
    table.put(logPath(1), table.bytes(logPath(1)).subarray(0, -1));
    expect((await openSnapshot(table)).file_list_digest).toBe(snapshot.file_list_digest);
    table.put(logPath(1), table.bytes(logPath(1)).subarray(0, -9));
    await expect(openSnapshot(table)).rejects.toThrow(/line 30000' is corrupt: it is not JSON/);
  });

  test('any history of adds and removes leaves what a plain set leaves', async () => {
    const step = fc.array(fc.tuple(fc.constantFrom('add', 'remove'), fc.constantFrom('a', 'b', 'c', 'd')), {
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const model = new Set<string>();
        const table = tableOf([]);
        for (const [at, actions] of steps.entries()) {
          // A commit has one action of a kind for a path, and not both for the same logical file.
          const byPath = new Map(actions.map(([kind, path]) => [path, kind]));
          const lines = [...byPath].map(([path, kind]) => (kind === 'add' ? add(path) : remove(path)));
          table.commit(at + 1, [{ commitInfo: {} }, ...lines]);
          for (const [path, kind] of byPath) kind === 'add' ? model.add(path) : model.delete(path);
        }
        expect(await paths(table)).toEqual([...model].sort());
      }),
    );
  });
});

describe('a damaged log', () => {
  test('corrupt JSON is refused with its file and line', async () => {
    const table = tableOf([add('a')], [add('b')]);
    table.put(logPath(1), `${JSON.stringify(add('b'))}\n{"add":{"path":"c`);
    await expect(openSnapshot(table)).rejects.toMatchObject({
      kind: 'corrupt',
      message: expect.stringMatching(/00000000000000000001\.json, line 2' is corrupt: it is not JSON/),
    });
    expect(await paths(table, 0)).toEqual(['a']);
  });

  test.each([
    ['a number', '7'],
    ['an action without a path', '{"add":{"size":1}}'],
    ['a size that is no whole number', JSON.stringify(add('a', { size: 1e30 }))],
    ['a negative size', JSON.stringify(add('a', { size: -1 }))],
    ['a partition value that is no text', JSON.stringify(add('a', { partitionValues: { x: 1 } }))],
    ['a path that is no URI', JSON.stringify(add('a%zz'))],
    [
      'a vector without a size',
      JSON.stringify(add('a', { deletionVector: { storageType: 'u', pathOrInlineDv: '0' } })),
    ],
  ])('%s is refused', async (_what, line) => {
    await expect(openSnapshot(tableOf([]).put(logPath(1), line))).rejects.toMatchObject({ kind: 'corrupt' });
  });

  test('bytes that are not UTF-8, and an empty commit, are refused', async () => {
    await expect(openSnapshot(tableOf([]).put(logPath(1), new Uint8Array([123, 255])))).rejects.toThrow(
      /not UTF-8/,
    );
    await expect(openSnapshot(tableOf([]).put(logPath(1), ''))).rejects.toThrow(/it is empty/);
  });

  test('a gap is named, and versions before it are still there', async () => {
    const table = tableOf([add('a')], [add('b')], [add('c')], [add('d')]).delete(logPath(2));
    await expect(openSnapshot(table)).rejects.toMatchObject({
      kind: 'corrupt',
      message: expect.stringContaining(`the log lacks '${logPath(2)}'`),
    });
    expect(await paths(table, 1)).toEqual(['a', 'b']);
  });

  test('a gap that a newer checkpoint goes on from is what a clean-up has left', async () => {
    const table = MemoryTableFiles.ofFixture('spark/checkpoint-classic');
    table.delete(...[0, 1, 2, 3, 4].map((version) => logPath(version)));
    expect((await openSnapshot(table, { version: 3 })).version).toBe(3);
    for (const version of [4, 5])
      await expect(openSnapshot(table, { version })).rejects.toMatchObject({
        kind: 'version_unavailable',
        message: `Version ${version} is no longer available: the log has been cleaned up, and lacks '${logPath(4)}'. The next that is available is 6.`,
      });
    expect((await openSnapshot(table)).version).toBe(7);
  });

  test('a version that does not exist is refused with the newest, one that never will with what may be asked for', async () => {
    const table = tableOf([add('a')], [add('b')]);
    await expect(openSnapshot(table, { version: 2 })).rejects.toMatchObject({
      kind: 'version_unavailable',
      message: 'Version 2 does not exist; the newest is 1.',
    });
    for (const version of [-1, 1.5, Number.NaN])
      await expect(openSnapshot(table, { version })).rejects.toMatchObject({ kind: 'invalid_request' });
  });

  test('a folder without a log is no table', async () => {
    await expect(openSnapshot(new MemoryTableFiles().put('part.parquet', 'x'))).rejects.toMatchObject({
      kind: 'no_table',
    });
  });

  test('a log without protocol or metadata is refused', async () => {
    await expect(openSnapshot(new MemoryTableFiles().commit(0, [METADATA]))).rejects.toThrow(/protocol/);
    await expect(openSnapshot(new MemoryTableFiles().commit(0, [PROTOCOL]))).rejects.toThrow(/metaData/);
  });

  test('commits that fail while others are awaited do not end the process', async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown) => unhandled.push(error);
    process.on('unhandledRejection', note);
    const table = tableOf(...Array.from({ length: 20 }, (_, at) => [add(`f${at}`)]));
    for (let version = 0; version < 19; version++) table.put(logPath(version), '{');
    await expect(openSnapshot(table)).rejects.toMatchObject({
      message: expect.stringContaining(logPath(18)),
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });

  test('metadata without a schema has no columns', async () => {
    const { schemaString: _schema, ...bare } = METADATA.metaData;
    const snapshot = await openSnapshot(new MemoryTableFiles().commit(0, [PROTOCOL, { metaData: bare }]));
    expect(snapshot.schema.fields).toEqual([]);
  });

  test.each([
    ['no JSON', '{'],
    ['no struct', '"long"'],
    [
      'deeper than any table',
      `${'{"type":"struct","fields":[{"name":"a","type":'.repeat(150)}"long"${'}]}'.repeat(150)}`,
    ],
    ['without names', '{"type":"struct","fields":[{"type":"long"}]}'],
  ])('a schema that is %s is refused', async (_what, schemaString) => {
    const table = new MemoryTableFiles().commit(0, [
      PROTOCOL,
      { metaData: { ...METADATA.metaData, schemaString } },
    ]);
    await expect(openSnapshot(table)).rejects.toMatchObject({ name: 'DeltaError' });
  });

  test('names like __proto__ are names', async () => {
    const line = `{"__proto__":{"x":1},"add":{"path":"__proto__","partitionValues":{"__proto__":"v"},"size":1}}`;
    const table = tableOf([]).put(logPath(1), line);
    const { files } = await openSnapshot(table);
    expect(files[0]?.path).toBe('__proto__');
    expect(files[0]?.partitionTexts.get('__proto__')).toBe('v');
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });
});

describe('checkpoints', () => {
  const name = 'spark/checkpoint-classic';
  const countAt = (version: number, fixture = name) =>
    expectedOf(fixture).versions.find((one) => one.version === version)?.count;
  const hint = (version: number) => JSON.stringify({ version, size: 10 });

  test('the newest serves, and what lies before it is not read', async () => {
    const table = MemoryTableFiles.ofFixture(name);
    await openSnapshot(table);
    const commits = table.read_paths.filter((path) => path.endsWith('.json'));
    expect(commits).toEqual([logPath(7)]);
  });

  test.each([
    ['absent', undefined],
    ['stale', hint(3)],
    ['ahead of the log', hint(400)],
    ['of a checkpoint that is gone', hint(5)],
    ['not JSON', '{'],
    ['not an object', '[1]'],
    ['without a version', '{}'],
    ['of a version that is no number', '{"version":"x"}'],
    ['empty', ''],
  ])('a _last_checkpoint that is %s does no harm', async (_what, content) => {
    const table = MemoryTableFiles.ofFixture(name).delete('_delta_log/_last_checkpoint');
    if (content !== undefined) table.put('_delta_log/_last_checkpoint', content);
    const snapshot = await openSnapshot(table);
    expect([snapshot.version, snapshot.row_count]).toEqual([7, countAt(7)]);
  });

  test('a corrupt one is passed over for an older one, or for the commits', async () => {
    for (const damaged of [[6], [6, 3]]) {
      const table = MemoryTableFiles.ofFixture(name);
      for (const version of damaged)
        table.put(logPath(version, '.checkpoint.parquet'), 'PAR1 this is not Parquet PAR1');
      const snapshot = await openSnapshot(table);
      expect([snapshot.version, snapshot.row_count]).toEqual([7, countAt(7)]);
    }
  });

  test('a corrupt one is refused by name when nothing else leads to the version', async () => {
    const table = MemoryTableFiles.ofFixture(name).put(
      logPath(6, '.checkpoint.parquet'),
      'PAR1 this is not Parquet PAR1',
    );
    table.delete(logPath(3, '.checkpoint.parquet'), logPath(0), logPath(1));
    await expect(openSnapshot(table)).rejects.toMatchObject({
      kind: 'corrupt',
      message: expect.stringContaining('00000000000000000006.checkpoint.parquet'),
    });
  });

  test('one with a part missing does not count', async () => {
    const parts = 'spark/checkpoint-multi-part';
    const table = MemoryTableFiles.ofFixture(parts);
    const [part] = table.paths(/6\.checkpoint\.0000000002/);
    table.delete(part!);
    const snapshot = await openSnapshot(table);
    expect([snapshot.version, snapshot.row_count]).toEqual([7, countAt(7, parts)]);
    expect(table.read_paths.some((path) => path.includes('6.checkpoint.'))).toBe(false);
    table.delete(...table.paths(/3\.checkpoint\./), logPath(0));
    await expect(openSnapshot(table)).rejects.toMatchObject({ kind: 'version_unavailable' });
  });

  test.each(['spark/checkpoint-v2-json', 'spark/checkpoint-v2-parquet'])(
    '%s with a sidecar missing is passed over',
    async (v2) => {
      const table = MemoryTableFiles.ofFixture(v2);
      const before = table.paths(/_sidecars/);
      await openSnapshot(table);
      const [used] = before.filter((path) => table.read_paths.includes(path));
      table.delete(used!);
      const snapshot = await openSnapshot(table);
      expect([snapshot.version, snapshot.row_count]).toEqual([7, countAt(7, v2)]);
    },
  );

  test('a sidecar is never sought outside of its folder', async () => {
    const table = new MemoryTableFiles()
      .put(
        logPath(5, '.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.json'),
        [
          '{"checkpointMetadata":{"version":5}}',
          JSON.stringify(PROTOCOL),
          JSON.stringify(METADATA),
          '{"sidecar":{"path":"..%2F..%2Fsecret.parquet","sizeInBytes":100,"modificationTime":1}}',
        ].join('\n'),
      )
      .put('secret.parquet', 'x'.repeat(100));
    await expect(openSnapshot(table)).rejects.toMatchObject({ kind: 'corrupt' });
    expect(table.read_paths).not.toContain('secret.parquet');
  });

  test('every way to a version gives the same files', async () => {
    for (const fixture of [
      name,
      'spark/checkpoint-multi-part',
      'spark/checkpoint-v2-json',
      'spark/checkpoint-v2-parquet',
      'delta-rs/checkpoint',
    ]) {
      const newest = await openSnapshot(MemoryTableFiles.ofFixture(fixture));
      const commitsAlone = MemoryTableFiles.ofFixture(fixture);
      commitsAlone.delete(...commitsAlone.paths(/checkpoint/));
      const replayed = await openSnapshot(commitsAlone);
      expect(replayed.file_list_digest).toBe(newest.file_list_digest);
      expect(
        replayed.files.map((file) => [file.path, file.size_bytes, [...file.partitionTexts], file.row_count]),
      ).toEqual(
        newest.files.map((file) => [file.path, file.size_bytes, [...file.partitionTexts], file.row_count]),
      );
      const checkpointAlone = MemoryTableFiles.ofFixture(fixture);
      checkpointAlone.delete(...checkpointAlone.paths(/_delta_log\/0*[0-5]\.json/));
      expect((await openSnapshot(checkpointAlone)).file_list_digest).toBe(newest.file_list_digest);
    }
  });

  test('log compaction and checksum files, and strangers, are passed over', async () => {
    const table = tableOf([add('a')], [add('b')]);
    table.put('_delta_log/00000000000000000000.00000000000000000001.compacted.json', 'not read');
    table
      .put('_delta_log/00000000000000000001.crc', 'not read')
      .put('_delta_log/.tmp', '')
      .put('_delta_log/x.json', '{');
    table.put(
      '_delta_log/_staged_commits/00000000000000000002.016ae953-37a9-438e-8683-9a9a4a79a395.json',
      '{',
    );
    expect(await paths(table)).toEqual(['a', 'b']);
  });
});

describe('a log that was cleaned up', () => {
  test('while it was read is read again', async () => {
    class Cleaned extends MemoryTableFiles {
      override async *list(folder: string, after?: string) {
        const isFirst = this.read_paths.length === 0;
        for await (const file of super.list(folder, after))
          if (!isFirst || !file.path.includes('checkpoint')) yield file;
        if (isFirst) this.delete(logPath(0), logPath(1), logPath(2));
      }
    }
    const whole = MemoryTableFiles.ofFixture('spark/checkpoint-classic').delete(
      '_delta_log/_last_checkpoint',
    );
    const table = new Cleaned();
    for (const path of whole.paths(/_delta_log/)) table.put(path, whole.bytes(path));
    expect((await openSnapshot(table)).file_list_digest).toBe((await openSnapshot(whole)).file_list_digest);
  });

  test('a version from before is refused with the oldest that is left', async () => {
    const table = MemoryTableFiles.ofFixture('spark/vacuumed');
    const [oldest] = table.paths(/checkpoint\.parquet/).map((path) => Number(/(\d{20})/.exec(path)?.[1]));
    await expect(openSnapshot(table, { version: 2 })).rejects.toMatchObject({
      kind: 'version_unavailable',
      message: `Version 2 is no longer available; the oldest is ${oldest}. The log before it has been cleaned up.`,
    });
    expect((await openSnapshot(table, { version: oldest! })).version).toBe(oldest);
  });
});
