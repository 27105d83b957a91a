import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findFile } from './prints.ts';
import { FileChanges } from './writing.ts';

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'bitacora-writing-')));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

const at = (path: string) => join(root, path);
const all = () => (readdirSync(root, { recursive: true }) as string[]).sort();

test('files, lines and folders appear together, with nothing else beside them', async () => {
  mkdirSync(at('run/metrics'), { recursive: true });
  writeFileSync(at('run/metrics/a'), 'old\n');
  writeFileSync(at('run/gone'), 'x');
  const changes = new FileChanges(root);
  changes.folder(at('run/artifacts'));
  changes.write(at('run/tags/deep/key'), 'value', at('run'));
  changes.append(at('run/metrics/a'), 'new\n');
  changes.remove(at('run/gone'));
  await changes.make();
  expect(all()).toEqual([
    'run',
    'run/artifacts',
    'run/metrics',
    'run/metrics/a',
    'run/tags',
    'run/tags/deep',
    'run/tags/deep/key',
  ]);
  expect(readFileSync(at('run/metrics/a'), 'utf8')).toBe('old\nnew\n');
});

test('a line that somebody left without an end keeps its own line', async () => {
  writeFileSync(at('a'), '1 0.5');
  const changes = new FileChanges(root);
  changes.append(at('a'), '2 0.5 1\n');
  await changes.make();
  expect(readFileSync(at('a'), 'utf8')).toBe('1 0.5\n2 0.5 1\n');
});

test.each([
  [
    'a file stands where a folder is needed',
    (changes: FileChanges) => changes.write(at('file/x'), '1', root),
  ],
  ['a folder stands where a file is to be', (changes: FileChanges) => changes.write(at('folder'), '1', root)],
  [
    'two keys are in each other’s way',
    (changes: FileChanges) => {
      changes.write(at('k'), '1', root);
      changes.write(at('k/x'), '1', root);
    },
  ],
  ['a link leads out', (changes: FileChanges) => changes.write(at('link/x'), '1', root)],
  ['a line would go through a link', (changes: FileChanges) => changes.append(at('linked'), '1\n')],
])('nothing changes when %s', async (_, add) => {
  const outside = mkdtempSync(join(tmpdir(), 'bitacora-outside-'));
  writeFileSync(join(outside, 'victim'), 'untouched');
  mkdirSync(at('folder'));
  writeFileSync(at('file'), '');
  writeFileSync(at('lines'), '1\n');
  symlinkSync(outside, at('link'));
  symlinkSync(join(outside, 'victim'), at('linked'));
  const before = all();
  const changes = new FileChanges(root);
  changes.append(at('lines'), '2\n');
  changes.remove(at('lines'));
  add(changes);
  await expect(changes.make()).rejects.toMatchObject({ name: 'ValueRefused' });
  expect(all()).toEqual(before);
  expect(readFileSync(at('lines'), 'utf8')).toBe('1\n');
  expect(readdirSync(outside)).toEqual(['victim']);
  expect(readFileSync(join(outside, 'victim'), 'utf8')).toBe('untouched');
  rmSync(outside, { recursive: true });
});

test('a link that stays in the store is as good as a folder', async () => {
  mkdirSync(at('real'));
  symlinkSync(at('real'), at('link'));
  const changes = new FileChanges(root);
  changes.write(at('link/x'), '1', root);
  await changes.make();
  expect(readFileSync(at('real/x'), 'utf8')).toBe('1');
});

test('what another program has written in the same moment stays, and is known not to be from here', async () => {
  writeFileSync(at('old'), '1\n');
  const old = findFile(root, 'old');
  const changes = new FileChanges(root);
  changes.append(at('old'), '2\n');
  changes.create(at('new'), '2\n', root);
  changes.write(at('own'), 'x', root);
  // Another program comes between looking and writing.
  writeFileSync(at('old'), '1\n1.5\n');
  writeFileSync(at('new'), '1\n');
  await changes.make();
  expect(readFileSync(at('old'), 'utf8')).toBe('1\n1.5\n2\n');
  expect(readFileSync(at('new'), 'utf8')).toBe('1\n2\n');
  expect(changes.isAllOurs(at('old'), old, findFile(root, 'old')!)).toBe(false);
  expect(changes.isAllOurs(at('new'), undefined, findFile(root, 'new')!)).toBe(false);
  expect(changes.isAllOurs(at('own'), undefined, findFile(root, 'own')!)).toBe(true);
});
