import { requireNode24 } from './node-version.ts';
import { buildUi } from './ui-build.ts';

// `npm start -- --port 8080`: what follows the dashes goes to `bitacora server`.
requireNode24();
buildUi();
stopWithParent();
process.argv.splice(2, 0, 'server');
await import('../packages/cli/src/main.ts');

/** npm ends on SIGTERM without passing it on, and would leave the server behind: its end is taken for the signal. */
function stopWithParent(): void {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, 500);
  watch.unref();
}
