import { enableCompileCache } from 'node:module';

// JavaScript for the same reason as the command line's own first file: packages/cli/src/bin.mjs.
enableCompileCache();
await import('./start.ts');
