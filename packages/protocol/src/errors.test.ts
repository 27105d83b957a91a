import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { endpoints } from './endpoints.ts';
import { MlflowError, STATUS } from './errors.ts';

const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');

test('docs/errors.md lists every code with its status, and no other', () => {
  const listed = [...page.matchAll(/^\| `([A-Z_]+)` \| (\d{3}) \|/gm)].map(([, code, status]) => [
    code,
    Number(status),
  ]);
  expect(Object.fromEntries(listed)).toEqual(STATUS);
  expect(listed).toHaveLength(Object.keys(STATUS).length);
});

test('every endpoint declares codes that exist, and each carries MLflow’s SQLSTATE', () => {
  for (const { name, errors } of Object.values(endpoints))
    for (const code of errors) expect(STATUS, name).toHaveProperty(code);
  expect(new MlflowError('RESOURCE_DOES_NOT_EXIST', 'x').toBody()).toEqual({
    error_code: 'RESOURCE_DOES_NOT_EXIST',
    message: 'x',
    sqlstate: 'KAM00',
    error_class: 'RESOURCE_NOT_FOUND',
  });
});
