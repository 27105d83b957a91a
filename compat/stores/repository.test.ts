import { Readable } from 'node:stream';
import type { ByteRange } from '@bitacora/artifacts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describeIf, testIf } from './meant.ts';
import {
  brokenStream,
  bytes,
  digest,
  list,
  onEachStore,
  openStore,
  path,
  read,
  readAll,
  refused,
  stream,
} from './suite.ts';

const MIB = 1024 * 1024;
/** Around what stores take in one request, and in several. */
const SIZES = [0, 1, 5 * MIB - 1, 5 * MIB, 5 * MIB + 1, 20 * MIB];

const NAMES = [
  ...['a b', ' leading', 'trailing ', '100%', '50%25 off', 'what?', 'a+b', 'a&b=c', "it's", '"quoted"'],
  ...['caf\u00e9', 'cafe\u0301', '日本語', '🙂', 'a;b', 'a,b', 'a:b', '~', '$x', '(1)', '*', '!', '@', '=x'],
  ...['a#b', '#', 'a%23b', '%2523', '%', '%%', '%41', 'k=%2F', 'a?b#c', '?'],
  ...['[x]', '{y}', 'a|b', '^', '`', '<tag>', '.hidden', '..two', 'dot.', '-dash', 'A.txt', 'a.txt'],
];

/** What a request could hold. */
const isName = (text: string) => {
  try {
    return path(text) === text && !text.includes('/');
  } catch {
    return false;
  }
};

await onEachStore((peer) => {
  describe('files', () => {
    test.each(SIZES)('of %d bytes come back as they were sent', async (size) => {
      await using store = await openStore(peer);
      const content = bytes(size);
      await store.repository.write(path('known'), stream(content), size);
      await store.repository.write(path('folder/unknown'), stream(content));
      for (const name of ['known', 'folder/unknown']) {
        const file = await store.repository.find(path(name));
        expect(file.size_bytes).toBe(size);
        expect(digest(await readAll(file.open()))).toBe(digest(content));
      }
      expect(await store.raw()).toEqual(['folder/unknown', 'known']);
    });

    test('are read in ranges, both ends included', async () => {
      await using store = await openStore(peer);
      const content = bytes(300_000);
      await store.repository.write(path('file'), stream(content), content.length);
      for (const [first, last] of [
        [0, 0],
        [0, 299_999],
        [299_999, 299_999],
        [65_535, 131_072],
      ] as const) {
        const part = await read(store.repository, 'file', { first, last });
        expect(digest(part)).toBe(digest(content.subarray(first, last + 1)));
      }
    });

    test.each([
      ['fewer', 1_000, 1_001],
      ['more', 1_001, 1_000],
      ['fewer', 12 * MIB, 12 * MIB + 1],
      ['more', 12 * MIB + 1, 12 * MIB],
    ])('with %s bytes than announced (%d, not %d) are not stored', async (_, size, announced) => {
      await using store = await openStore(peer);
      await refused(store.repository.write(path('a/file'), stream(bytes(size)), announced), 'incomplete');
      expect(await store.raw()).toEqual([]);
    });

    test.each([1, 4 * MIB, 12 * MIB])('that break off after %d bytes leave nothing', async (after) => {
      await using store = await openStore(peer);
      const content = bytes(14 * MIB);
      for (const size of [undefined, content.length])
        await refused(
          store.repository.write(path('a/file'), brokenStream(content, after), size),
          'incomplete',
        );
      expect(await store.raw()).toEqual([]);
      await refused(store.repository.find(path('a/file')), 'not_found');
      await store.repository.write(path('a/file'), stream('next'));
      expect(String(await read(store.repository, 'a/file'))).toBe('next');
    });

    testIf(!peer.hasFolders)('are read without a look at them first', async () => {
      await using store = await openStore(peer);
      const { repository } = store;
      if (repository.read === undefined) expect.fail('It reads nothing so.');
      const content = bytes(6 * MIB);
      await repository.write(path('folder/file'), stream(content), content.length);
      await repository.write(path('empty'), stream(''), 0);
      const all = (name: string, range?: ByteRange) => readAll(repository.read!(path(name), range));
      expect(digest(await all('folder/file'))).toBe(digest(content));
      expect(digest(await all('folder/file', { first: 7, last: 99_999 }))).toBe(
        digest(content.subarray(7, 100_000)),
      );
      const end = { first: content.length - 3, last: content.length + 1000 };
      expect(await all('folder/file', end)).toEqual(content.subarray(-3));
      const beyond = { first: content.length, last: content.length + 9 };
      expect(await all('folder/file', beyond)).toHaveLength(0);
      expect(await all('empty')).toHaveLength(0);
      expect(await all('empty', { first: 0, last: 9 })).toHaveLength(0);
      for (const name of ['none', 'folder', 'folder/file/none'])
        for (const range of [undefined, { first: 0, last: 9 }]) await refused(all(name, range), 'not_found');
    });

    test('that break off leave what was there before', async () => {
      await using store = await openStore(peer);
      await store.repository.write(path('file'), stream('before'));
      await refused(
        store.repository.write(path('file'), brokenStream(bytes(12 * MIB), 11 * MIB)),
        'incomplete',
      );
      expect(String(await read(store.repository, 'file'))).toBe('before');
      expect(await store.raw()).toEqual(['file']);
    });

    test('that are overwritten show a reader one content or the other, or an error, never both', async () => {
      await using store = await openStore(peer);
      const [before, after] = [bytes(7 * MIB, 'before'), bytes(6 * MIB, 'after')];
      await store.repository.write(path('file'), stream(before), before.length);
      const found = await store.repository.find(path('file'));
      const reading = (await store.repository.find(path('file'))).open();
      const blocks = reading[Symbol.asyncIterator]();
      const begun = [(await blocks.next()).value as Buffer];
      await store.repository.write(path('file'), stream(after), after.length);
      const rest = async () => {
        for (let next = await blocks.next(); !next.done; next = await blocks.next()) begun.push(next.value);
        return Buffer.concat(begun);
      };
      const readers = [rest(), readAll(found.open())].map((reader) => reader.catch(() => undefined));
      for (const seen of await Promise.all(readers)) {
        if (seen !== undefined) expect([digest(before), digest(after)]).toContain(digest(seen));
      }
      expect(digest(await read(store.repository, 'file'))).toBe(digest(after));
    });

    test('have an etag that changes with them, and the time of their last change', async () => {
      await using store = await openStore(peer);
      const began = Date.now();
      await store.repository.write(path('file'), stream('one'), 3);
      const first = await store.repository.find(path('file'));
      const again = await store.repository.find(path('file'));
      await store.repository.write(path('file'), stream('two'), 3);
      const changed = await store.repository.find(path('file'));
      await Promise.all([first, again, changed].map((file) => file.close()));
      expect(again.etag).toBe(first.etag);
      expect(changed.etag).not.toBe(first.etag);
      expect(first.etag).toMatch(/^"[^"]+"$/);
      // Stores count in whole seconds.
      expect(first.modified_ms).toBeGreaterThan(began - 2000);
      expect(first.modified_ms).toBeLessThan(Date.now() + 2000);
    });

    test('may be given up unread, or while they are read', async () => {
      await using store = await openStore(peer);
      await store.repository.write(path('file'), stream(bytes(6 * MIB)), 6 * MIB);
      await (await store.repository.find(path('file'))).close();
      for (let time = 0; time < 20; time++) {
        const reading = (await store.repository.find(path('file'))).open();
        for await (const block of reading) {
          expect(block.length).toBeGreaterThan(0);
          break;
        }
        expect(reading.destroyed).toBe(true);
      }
      expect((await read(store.repository, 'file')).length).toBe(6 * MIB);
    });

    test('are absent, or folders, in their own words', async () => {
      await using store = await openStore(peer);
      await store.repository.write(path('folder/file'), stream('x'));
      await refused(store.repository.find(path('none')), 'not_found');
      await refused(store.repository.find(path('folder/none')), 'not_found');
      await refused(store.repository.find(path('folder/file/none')), 'not_found');
      await refused(store.repository.find(path('fold')), 'not_found');
      await refused(store.repository.find(path('folder')), 'is_directory');
      await refused(store.repository.find(path('')), 'is_directory');
      await refused(store.repository.write(path(''), stream('x')), 'invalid_path');
    });

    testIf(peer.hasFolders)('cannot stand where a folder does, nor under a file', async () => {
      await using store = await openStore(peer);
      await store.repository.write(path('folder/file'), stream('x'));
      await refused(store.repository.write(path('folder'), stream('x')), 'conflict');
      await refused(store.repository.write(path('folder/file/below'), stream('x')), 'conflict');
      expect(await store.raw()).toEqual(['folder/file']);
    });
  });

  describe('names', () => {
    test('of every kind stand for themselves', async () => {
      await using store = await openStore(peer);
      for (const name of NAMES) await store.repository.write(path(`in ${name}/${name}`), stream(name));
      const names = (await list(store.repository)).map((entry) => entry.path);
      expect(new Set(names)).toEqual(new Set(NAMES.map((name) => `in ${name}`)));
      for (const name of NAMES) {
        const folder = `in ${name}`;
        expect(await list(store.repository, folder)).toEqual([
          { path: name, is_dir: false, file_size: Buffer.byteLength(name) },
        ]);
        expect(String(await read(store.repository, `${folder}/${name}`))).toBe(name);
        await store.repository.copy(path(`${folder}/${name}`), path(`copy of ${name}`));
        expect(String(await read(store.repository, `copy of ${name}`))).toBe(name);
        await store.repository.delete(path(folder));
      }
      expect(new Set(await store.raw())).toEqual(new Set(NAMES.map((name) => `copy of ${name}`)));
    });

    test('that no store need take stand for themselves, or are refused and nothing is stored', async () => {
      await using store = await openStore(peer);
      // As tests run on machines of other kinds, each must hold whatever is drawn.
      const drawn = fc.sample(fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }).filter(isName), {
        numRuns: 30,
        seed: 5,
      });
      const names = [
        'a\\b',
        'a\nb',
        'tab\t',
        '\u0001',
        '\u007f',
        '\u0085',
        '\ufffe',
        'x'.repeat(1000),
        ...drawn,
      ];
      const kept: string[] = [];
      for (const name of names) {
        if (peer.notNames?.test(name)) continue;
        const isStored = await store.repository.write(path(name), stream(name)).then(
          () => true,
          (error) => {
            expect(error, JSON.stringify(name)).toMatchObject({ kind: 'invalid_path' });
            return false;
          },
        );
        expect((await list(store.repository)).map((entry) => entry.path)).toEqual(isStored ? [name] : []);
        if (!isStored) continue;
        kept.push(name);
        expect(String(await read(store.repository, name))).toBe(name);
        await store.repository.copy(path(name), path('copy'));
        await store.repository.delete(path(name));
        expect(await store.raw()).toEqual(['copy']);
        await store.repository.delete(path('copy'));
      }
      expect(kept.length).toBeGreaterThan(drawn.length / 2);
    });

    test('may be long: 1,000 characters of a path', async () => {
      await using store = await openStore(peer);
      const long = Array.from({ length: 5 }, (_, at) => String(at).repeat(199)).join('/');
      await store.repository.write(path(long), stream('deep'));
      expect(String(await read(store.repository, long))).toBe('deep');
      expect(await list(store.repository, long.slice(0, long.lastIndexOf('/')))).toEqual([
        { path: '4'.repeat(199), is_dir: false, file_size: 4 },
      ]);
      await store.repository.delete(path('0'.repeat(199)));
      expect(await store.raw()).toEqual([]);
    });
  });

  describe('listings', () => {
    test('give names and sizes in the folder, and what is not a folder as nothing', async () => {
      await using store = await openStore(peer);
      for (const name of ['run1/a', 'run1/nested/deep/b', 'run10/c', 'run1.txt'])
        await store.repository.write(path(name), stream(name));
      const folder = (name: string) => ({ path: name, is_dir: true });
      const file = (name: string, file_size: number) => ({ path: name, is_dir: false, file_size });
      const top = await list(store.repository);
      expect(top.toSorted((a, b) => (a.path < b.path ? -1 : 1))).toEqual([
        folder('run1'),
        file('run1.txt', 8),
        folder('run10'),
      ]);
      expect(await list(store.repository, 'run1')).toEqual([file('a', 6), folder('nested')]);
      expect(await list(store.repository, 'run1/nested')).toEqual([folder('deep')]);
      for (const name of ['run1/a', 'run1.txt', 'none', 'run', 'run1/a/b'])
        expect(await list(store.repository, name)).toEqual([]);
    });

    test('are whole and in order beyond a page', async () => {
      await using store = await openStore(peer);
      const names = Array.from({ length: 1100 }, (_, at) => `file-${String(at).padStart(5, '0')}`);
      const waiting = [...names];
      const lane = async () => {
        for (let name = waiting.pop(); name !== undefined; name = waiting.pop())
          await store.repository.write(path(`many/${name}`), stream('x'), 1);
      };
      await Promise.all(Array.from({ length: 8 }, lane));
      await store.repository.write(path('many/file-00500-folder/x'), stream('x'), 1);
      const listed = await list(store.repository, 'many');
      expect(listed.map((entry) => entry.path)).toEqual([...names, 'file-00500-folder'].sort());
      expect(listed.filter((entry) => entry.is_dir)).toEqual([{ path: 'file-00500-folder', is_dir: true }]);
      const options = { after: 'file-00990', withTimes: true };
      const behind = (await Array.fromAsync(store.repository.list(path('many'), options))).filter(
        (entry) => Buffer.compare(Buffer.from(entry.path), Buffer.from(options.after)) > 0,
      );
      expect(behind.map((entry) => entry.path)).toEqual(names.filter((name) => name > options.after));
      // Stores tell whole seconds.
      for (const { modified_ms = 0 } of behind)
        expect(Math.abs(modified_ms - Date.now())).toBeLessThan(600_000);
      for await (const { path: name } of store.repository.list(path('many'))) {
        expect(name).toBe(names[0]);
        break;
      }
      await store.repository.delete(path('many'));
      expect(await store.raw()).toEqual([]);
    });
  });

  describe('deletions', () => {
    test('take a file, or a folder with all in it, and nothing that begins alike', async () => {
      await using store = await openStore(peer);
      for (const name of ['run1/a', 'run1/b/c', 'run10/a', 'run1.txt', 'run'])
        await store.repository.write(path(name), stream('x'));
      await store.repository.delete(path('run1/a'));
      expect(new Set(await store.raw())).toEqual(new Set(['run', 'run1.txt', 'run1/b/c', 'run10/a']));
      for (let time = 0; time < 2; time++) await store.repository.delete(path('run1'));
      await store.repository.delete(path('none/at/all'));
      expect(new Set(await store.raw())).toEqual(new Set(['run', 'run1.txt', 'run10/a']));
      await store.repository.delete(path(''));
      expect(await store.raw()).toEqual([]);
      expect(await list(store.repository)).toEqual([]);
      await store.repository.write(path('run1/a'), stream('again'));
      expect(String(await read(store.repository, 'run1/a'))).toBe('again');
    });
  });

  describeIf(peer.hasFolders)('a folder', () => {
    test('that is deleted while a file is sent to it leaves neither, and the sender is told to try again', async () => {
      await using store = await openStore(peer);
      const content = new Readable({ read() {} });
      const written = refused(store.repository.write(path('folder/file'), content), 'unavailable');
      content.push('first half, ');
      await expect.poll(() => store.raw()).toHaveLength(1);
      await store.repository.delete(path('folder'));
      content.push('second half');
      content.push(null);
      expect((await written).message).toContain('Send it again');
      expect(await store.raw()).toEqual([]);
    });

    test('tells what is left in it of uploads whose server was killed', async () => {
      await using store = await openStore(peer);
      const left = `folder/a b/100%/.bitacora-partial-${'0a'.repeat(8)}`;
      await store.repository.write(path(left), stream('half'));
      for (const name of ['folder/whole', 'other/.bitacora-part'])
        await store.repository.write(path(name), stream('x'));
      const before = async (folder: string, ms: number) =>
        Array.fromAsync(store.repository.brokenOff?.(path(folder), ms) ?? []);
      expect(await list(store.repository, 'folder/a b/100%')).toEqual([]);
      const [hour, now] = [3_600_000, Date.now()];
      expect(await before('', now + hour)).toEqual([left]);
      expect(await before('folder/a b', now + hour)).toEqual([left]);
      for (const [folder, ms] of [
        ['', now - hour],
        ['other', now + hour],
        ['folder/whole', now + hour],
        ['none', now + hour],
      ] as const)
        expect(await before(folder, ms)).toEqual([]);
      await store.repository.delete(path(left));
      expect(await store.raw()).toEqual(['folder/whole', 'other/.bitacora-part']);
    });
  });

  describe('copies', () => {
    test('are whole, replace what was there, and stand for themselves', async () => {
      await using store = await openStore(peer);
      const content = bytes(6 * MIB);
      await store.repository.write(path('from'), stream(content), content.length);
      await store.repository.write(path('to/file'), stream('old'));
      await store.repository.copy(path('from'), path('to/file'));
      await store.repository.delete(path('from'));
      expect(digest(await read(store.repository, 'to/file'))).toBe(digest(content));
      await refused(store.repository.copy(path('from'), path('to/file')), 'not_found');
      await refused(store.repository.copy(path('to'), path('other')), 'is_directory');
      expect(await store.raw()).toEqual(['to/file']);
    });
  });
});
