import { requireNode24 } from './node-version.ts';
import { buildUi } from './ui-build.ts';

// `npm start -- --port 8080`: what follows the dashes goes to `bitacora server`.
requireNode24();
buildUi();
process.argv.splice(2, 0, 'server');
await import('../packages/cli/src/bin.ts');
