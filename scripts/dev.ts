import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { requireNode24 } from './node-version.ts';

// The server on a database of its own, restarted when sources change, and Vite's dev server for the UI before it.
requireNode24();
const root = join(import.meta.dirname, '..');
const folder = join(root, '.cache/dev');
mkdirSync(folder, { recursive: true });
const start = (args: readonly string[], cwd: string): ChildProcess =>
  spawn(process.execPath, args, { cwd, stdio: 'inherit' });
const children = [
  start(['--watch', join(root, 'packages/cli/src/bin.mjs'), 'server', '--port', '5000'], folder),
  start([join(root, 'node_modules/vite/bin/vite.js')], join(root, 'packages/ui')),
];
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    for (const child of children) child.kill(signal);
  });
}
