import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { parseArtifactPath } from './artifact-path.ts';
import { LocalArtifactRepository } from './local-repository.ts';

async function store() {
  const folder = await mkdtemp(join(tmpdir(), 'bitacora-artifacts-'));
  const root = join(folder, 'root');
  mkdirSync(root);
  writeFileSync(join(folder, 'secret.txt'), 'outside');
  const repository = new LocalArtifactRepository(root);
  const put = (path: string, text: string) =>
    repository.write(parseArtifactPath(path), Readable.from([Buffer.from(text)]));
  const list = (path: string) => Array.fromAsync(repository.list(parseArtifactPath(path)));
  const read = async (path: string, range?: { first: number; last: number }) =>
    String(await buffer((await repository.find(parseArtifactPath(path))).open(range)));
  return {
    folder,
    root,
    repository,
    put,
    list,
    read,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

describe('a local store', () => {
  test('gives back what was put, whole and in ranges, and lists it by name', async () => {
    await using own = await store();
    await own.put('b/two.txt', 'second');
    await own.put('a.txt', 'first');
    await own.put('b/empty', '');
    expect(await own.read('a.txt')).toBe('first');
    expect(await own.read('b/two.txt', { first: 1, last: 3 })).toBe('eco');
    expect(await own.list('')).toEqual([
      { path: 'a.txt', is_dir: false, file_size: 5 },
      { path: 'b', is_dir: true },
    ]);
    expect((await own.list('b')).map(({ path }) => path)).toEqual(['empty', 'two.txt']);
    expect(await own.list('nothing')).toEqual([]);
    expect(await own.list('a.txt')).toEqual([]);
  });

  test('replaces a file whole: of two writers at once the last one stays', async () => {
    await using own = await store();
    const texts = Array.from({ length: 8 }, (_, index) => String(index).repeat(200_000));
    await Promise.all(texts.map((text) => own.put('same.txt', text)));
    expect(texts).toContain(await own.read('same.txt'));
    expect(readdirSync(own.root)).toEqual(['same.txt']);
  });

  test('keeps nothing of an upload that breaks off', async () => {
    await using own = await store();
    const broken = new Readable({
      read() {
        this.push(Buffer.alloc(100_000));
        setImmediate(() => this.destroy(Object.assign(new Error('gone'), { code: 'ECONNRESET' })));
      },
    });
    await expect(own.repository.write(parseArtifactPath('x/y.bin'), broken)).rejects.toMatchObject({
      kind: 'incomplete',
    });
    expect(readdirSync(join(own.root, 'x'))).toEqual([]);
  });

  test('says plainly where a file and a folder clash, without a path of the machine', async () => {
    await using own = await store();
    await own.put('file', 'x');
    await own.put('folder/a', 'x');
    for (const path of ['file/below', 'folder']) {
      const refusal = own.put(path, 'y');
      await expect(refusal).rejects.toMatchObject({ kind: 'conflict' });
      await expect(refusal).rejects.not.toThrow(own.root);
    }
    await expect(own.read('folder')).rejects.toMatchObject({ kind: 'is_directory' });
    await expect(own.read('missing')).rejects.toMatchObject({ kind: 'not_found' });
    await expect(own.read('file/below')).rejects.toMatchObject({ kind: 'not_found' });
  });

  test('never follows a link out of its root, to read, list, write or delete', async () => {
    await using own = await store();
    symlinkSync(own.folder, join(own.root, 'out'));
    symlinkSync(join(own.folder, 'secret.txt'), join(own.root, 'leak.txt'));
    await expect(own.read('leak.txt')).rejects.toMatchObject({ kind: 'not_found' });
    await expect(own.read('out/secret.txt')).rejects.toMatchObject({ kind: 'not_found' });
    expect(await own.list('out')).toEqual([]);
    expect(await own.list('')).toEqual([]);
    await expect(own.put('out/planted.txt', 'x')).rejects.toMatchObject({ kind: 'conflict' });
    await own.repository.delete(parseArtifactPath('out/secret.txt'));
    await own.repository.delete(parseArtifactPath('out'));
    expect(existsSync(join(own.folder, 'secret.txt'))).toBe(true);
    expect(existsSync(join(own.folder, 'planted.txt'))).toBe(false);
    expect(existsSync(join(own.root, 'out'))).toBe(false);
  });

  test('deletes folders with all in them, and what is absent counts as deleted', async () => {
    await using own = await store();
    await own.put('d/e/f', 'x');
    await own.repository.delete(parseArtifactPath('d'));
    await own.repository.delete(parseArtifactPath('d'));
    expect(await own.list('')).toEqual([]);
  });

  test('says of a name that is too long for its file system that it is', async () => {
    await using own = await store();
    for (const path of ['a'.repeat(256), `${'b'.repeat(256)}/c`]) {
      await expect(own.put(path, 'x')).rejects.toMatchObject({ kind: 'invalid_path' });
      await expect(own.read(path)).rejects.toMatchObject({ kind: 'not_found' });
      expect(await own.list(path)).toEqual([]);
    }
    expect(readdirSync(own.root)).toEqual([]);
  });

  test('a full disk is said to be full', async () => {
    await using own = await store();
    // A limit on the size of files stands in for a disk: the kernel refuses the same way.
    const script = `
      const { LocalArtifactRepository, parseArtifactPath } = await import(${JSON.stringify(import.meta.resolve('./index.ts'))});
      const { Readable } = await import('node:stream');
      const repository = new LocalArtifactRepository(${JSON.stringify(own.root)});
      await repository.write(parseArtifactPath('big.bin'), Readable.from([Buffer.alloc(1e6)]))
        .catch((error) => console.log(error.kind));`;
    const { stdout } = await promisify(execFile)('sh', [
      ...['-c', 'ulimit -f 8; exec "$0" --input-type=module -e "$1"'],
      ...[process.execPath, script],
    ]);
    expect(stdout).toBe('no_space\n');
    expect(readdirSync(own.root)).toEqual([]);
  });
});
