import { spawnSync } from 'node:child_process';
import { existsSync, globSync, statSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const BUILT = join(ROOT, 'packages/ui/dist/index.html');
const SOURCES = [
  'packages/ui/{src,public}/**/*',
  'packages/ui/*.{html,ts,json}',
  'packages/{protocol,search}/src/**/*',
  'package-lock.json',
];

/** Builds the web UI when there is no build, or one older than what it is made from. */
export function buildUi(): void {
  const built = existsSync(BUILT) ? statSync(BUILT).mtimeMs : 0;
  const isFresh = globSync(SOURCES, { cwd: ROOT }).every(
    (file) => statSync(join(ROOT, file)).mtimeMs <= built,
  );
  if (isFresh) return;
  process.stdout.write('Building the web UI…\n');
  const vite = join(ROOT, 'node_modules/vite/bin/vite.js');
  const { status, stderr, stdout } = spawnSync(process.execPath, [vite, 'build', '--logLevel', 'warn'], {
    cwd: join(ROOT, 'packages/ui'),
    encoding: 'utf8',
  });
  if (status !== 0) {
    process.stderr.write(`${stdout}${stderr}\nThe web UI could not be built.\n`);
    process.exit(1);
  }
}
