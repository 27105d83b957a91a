import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LocalTableFiles } from './local-table-files.ts';
import type { TableFile } from './table-files.ts';

describe('a table in a local folder', () => {
  let folder: string;
  let files: LocalTableFiles;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bitacora-delta-'));
    const root = join(folder, 'a table %');
    await mkdir(join(root, 'sub'), { recursive: true });
    await writeFile(join(root, 'b'), 'hello');
    await writeFile(join(root, 'a'), '');
    await writeFile(join(root, 'sub/ü'), 'x');
    for (const name of ['é', '🚢', '\ufffd', 'z']) await writeFile(join(root, 'sub', name), '');
    await writeFile(join(folder, 'secret'), 'secret');
    await mkdir(join(folder, 'elsewhere'));
    await writeFile(join(folder, 'elsewhere/file'), 'secret');
    await symlink(join(folder, 'secret'), join(root, 'link-out'));
    await symlink(join(folder, 'elsewhere'), join(root, 'folder-out'));
    await symlink('b', join(root, 'link-in'));
    await symlink('loop', join(root, 'loop'));
    files = new LocalTableFiles(root);
  });
  afterAll(() => rm(folder, { recursive: true }));

  const names = async (of: string, after?: string) => {
    const found: TableFile[] = [];
    for await (const file of files.list(of, after)) found.push(file);
    return found.map(({ path, size_bytes }) => `${path} ${size_bytes}`);
  };

  test('lists files alone, in order, from after a name on', async () => {
    expect(await names('')).toEqual(['a 0', 'b 5', 'link-in 5']);
    expect(await names('', 'a')).toEqual(['b 5', 'link-in 5']);
    expect(await names('', 'aa')).toEqual(['b 5', 'link-in 5']);
    expect(await names('sub')).toEqual(['sub/z 0', 'sub/é 0', 'sub/ü 1', 'sub/\ufffd 0', 'sub/🚢 0']);
    expect(await names('nothing')).toEqual([]);
    expect(await names('b')).toEqual([]);
  });

  test('reads all or a part, cut at the end', async () => {
    const text = async (path: string, span?: { start: number; end: number }) =>
      new TextDecoder().decode(await files.read(path, span));
    expect(await text('b')).toBe('hello');
    expect(await text('b', { start: 1, end: 3 })).toBe('el');
    expect(await text('b', { start: 3, end: 99 })).toBe('lo');
    expect(await text('b', { start: 9, end: 12 })).toBe('');
    expect(await text('b', { start: 1, end: 2 ** 40 })).toBe('ello');
    expect(await text('b', { start: 9, end: 2 ** 40 })).toBe('');
    expect(await text('link-in')).toBe('hello');
    expect(await text('sub/ü')).toBe('x');
  });

  test.each([
    'nothing',
    'sub',
    'nothing/x',
    'b/x',
    'link-out',
    'folder-out/file',
    'loop',
    '../secret',
    'x'.repeat(300),
  ])('has no file %j', async (path) => {
    await expect(files.read(path)).rejects.toMatchObject({ name: 'DeltaError', kind: 'file_missing' });
    await expect(files.read(path, { start: 0, end: 1 })).rejects.toMatchObject({ kind: 'file_missing' });
  });

  test('lists nothing through a link that leads out', async () => {
    expect(await names('folder-out')).toEqual([]);
  });

  test('finds what comes to be after it was looked for', async () => {
    const late = new LocalTableFiles(join(folder, 'late'));
    await expect(late.read('d/f')).rejects.toMatchObject({ kind: 'file_missing' });
    await mkdir(join(folder, 'late/d'), { recursive: true });
    await writeFile(join(folder, 'late/d/f'), 'now');
    expect((await late.read('d/f')).length).toBe(3);
  });
});
