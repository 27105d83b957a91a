import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Counts the cases of a JUnit report, the one form that all runners write: a file, or a folder of them. A missing report counts nothing. */
export function readJunit(path: string): Totals {
  const text = readReport(path);
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

function readReport(path: string): string {
  if (!existsSync(path)) return '';
  if (!statSync(path).isDirectory()) return readFileSync(path, 'utf8');
  return readdirSync(path)
    .filter((name) => name.endsWith('.xml'))
    .map((name) => readFileSync(join(path, name), 'utf8'))
    .join('\n');
}
