import { readFileSync } from 'node:fs';
import { testApp } from '@bitacora/testkit';
import { expect, test } from 'vitest';
import { absentFeatures } from '../packages/server/src/absent/features.ts';
import { coverageTable } from './coverage-table.ts';

test('docs/api-coverage.md is what the server mounts; npm run api-coverage writes it', async () => {
  const { text, unexplained } = await coverageTable();
  expect(unexplained, 'neither served, nor explained in scripts/coverage-table.ts').toEqual([]);
  expect(readFileSync(new URL('../docs/api-coverage.md', import.meta.url), 'utf8')).toBe(text);
});

test('what is absent answers 501 whatever is sent, in the dialect of its route', async () => {
  await using app = await testApp();
  for (const { dialect, routes } of absentFeatures) {
    for (const [method, path] of routes) {
      const url = path.replace(/\{\w+\}/g, 'x');
      for (const each of url.startsWith('/api') ? [url, url.replace('/api', '/ajax-api')] : [url]) {
        const answer = await app.inject({ method, url: each, payload: method === 'GET' ? '' : 'no JSON' });
        expect(answer.statusCode, `${method} ${each}`).toBe(501);
        expect(answer.json()).toMatchObject(
          dialect === 'envelope' ? { error_code: 'NOT_IMPLEMENTED' } : { detail: expect.any(String) },
        );
      }
    }
  }
});
