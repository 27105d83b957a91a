#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { compileCacheFolder } from '@bitacora/db/compile-cache';

// Keeps the compiled form of our sources between starts: the second start takes half the time and a fifth less memory.
// This file is JavaScript so that Node need not load what strips types, 20 MB of memory, before the cache is there.
const folder = compileCacheFolder();
if (folder !== undefined) enableCompileCache(folder);
await import('./main.ts');
