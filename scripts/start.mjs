import { enableCompileCache } from 'node:module';
import { compileCacheFolder } from '@bitacora/db/compile-cache';

// JavaScript for the same reason as the command line's own first file: packages/cli/src/bin.mjs.
const folder = compileCacheFolder();
if (folder !== undefined) enableCompileCache(folder);
await import('./start.ts');
