import { existsSync, readFileSync } from 'node:fs';

export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Counts the cases of a JUnit report, the one form that Vitest and pytest both write. A missing report counts nothing. */
export function readJunit(path: string): Totals {
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  for (const [, , body = ''] of text.matchAll(/<testcase\b([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g)) {
    if (/<(?:failure|error)\b/.test(body)) failed++;
    else if (/<skipped\b/.test(body)) skipped++;
    else passed++;
  }
  return { passed, failed, skipped };
}
