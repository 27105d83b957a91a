import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { apiDescription } from '../packages/server/src/http/api-page.ts';

const ROOT = join(import.meta.dirname, '..');
const pages = globSync(['*.md', 'docs/**/*.md'], { cwd: ROOT });

test.each(pages)('every link and path in %s leads somewhere', (page) => {
  const text = readFileSync(join(ROOT, page), 'utf8');
  const links = [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
    .map(([, link]) => link!)
    .filter((link) => !/^[a-z]+:/.test(link));
  const missing = links.filter((link) => !existsSync(join(ROOT, dirname(page), link)));
  expect(missing).toEqual([]);
});

test('docs/openapi.json is what the server serves; npm run openapi writes it', () => {
  expect(JSON.parse(readFileSync(join(ROOT, 'docs/openapi.json'), 'utf8'))).toEqual(
    JSON.parse(apiDescription()),
  );
});

test('the README names the two commands, and every option it uses exists', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  expect(readme).toContain('npm ci && npm start');
  expect(readme).toContain('npm ci && npm test');
  const help = ['server', 'gc', 'doctor'].map((command) =>
    execFileSync(process.execPath, [join(ROOT, 'packages/cli/src/bin.mjs'), command, '--help'], {
      encoding: 'utf8',
    }),
  );
  for (const [option] of readme.matchAll(/(?<=\s)--[a-z][a-z-]+/g))
    if (option !== '--help') expect(help.join()).toContain(option);
});

test('every Java example of the documentation stands in a test that runs it', () => {
  const page = readFileSync(join(ROOT, 'docs/clients.md'), 'utf8');
  const [, file = '', example = ''] = /<!-- (\S+\.java) -->\n```java\n(.*?)```/s.exec(page) ?? [];
  const source = readFileSync(join(ROOT, file), 'utf8').replaceAll(/^ {4}/gm, '');
  expect(source).toContain(example.replace('"http://127.0.0.1:5000"', 'Fixture.URI'));
});
