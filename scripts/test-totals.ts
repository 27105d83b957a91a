import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Of each case that failed its file, its name and what was said, a line each. */
  readonly failures: readonly string[];
}

/** What is said of a failure at most, in characters; all of it stands in the output of its suite. */
const MOST_SAID = 1000;

/** Counts the cases of a JUnit report, the one form that all runners write: a file, or a folder of them. A missing report counts nothing. */
export function readJunit(path: string): Totals {
  const failures: string[] = [];
  let passed = 0;
  let skipped = 0;
  for (const [, attributes = '', body = ''] of readReport(path).matchAll(
    /<testcase\b([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g,
  )) {
    const [failure] = /<(?:failure|error)\b[^>]*/.exec(body) ?? [];
    if (failure !== undefined) {
      const said = [attribute(attributes, 'classname'), attribute(attributes, 'name')];
      failures.push([...said, attribute(failure, 'message').slice(0, MOST_SAID)].join('\n'));
    } else if (/<skipped\b/.test(body)) skipped++;
    else passed++;
  }
  return { passed, failed: failures.length, skipped, failures };
}

const attribute = (of: string, name: string): string =>
  (new RegExp(`\\b${name}="([^"]*)"`).exec(of)?.[1] ?? '').replace(
    /&(#?\w+);/g,
    (entity, coded: string) => ENTITIES.get(coded) ?? entity,
  );

const ENTITIES = new Map<string, string>(
  Object.entries({ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", '#9': '\t', '#10': '\n', '#13': '\r' }),
);

function readReport(path: string): string {
  if (!existsSync(path)) return '';
  if (!statSync(path).isDirectory()) return readFileSync(path, 'utf8');
  return readdirSync(path)
    .filter((name) => name.endsWith('.xml'))
    .map((name) => readFileSync(join(path, name), 'utf8'))
    .join('\n');
}
