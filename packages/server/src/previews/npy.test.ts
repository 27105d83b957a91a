import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { previewRunArtifactArray } from '@bitacora/protocol';
import { buildRun, putArtifact, type TestApp, testApp } from '@bitacora/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const fixture = (name: string) => readFileSync(join(import.meta.dirname, 'fixtures', `${name}.npy`));

let app: TestApp;
let run_id: string;
beforeAll(async () => {
  app = await testApp();
  run_id = await buildRun(app);
});
afterAll(() => app[Symbol.asyncDispose]());

async function read(content: Buffer, request: object = {}) {
  await putArtifact(app, run_id, 'a.npy', content);
  return app.call(previewRunArtifactArray, { run_id, path: 'a.npy', ...request });
}

describe('an array of NumPy', () => {
  test.each<[string, string, number[], unknown[]]>([
    ['int64', 'int64', [3], [4611686018427387905n, -5, 9007199254740993n]],
    ['uint8', 'uint8', [5], [0, 1, 2, 3, 4]],
    ['big-endian', 'int32', [5], [0, 1, 2, 3, 4]],
    ['fortran', 'int64', [2, 3], [0, 3, 1, 4, 2, 5]],
    ['bool', 'bool', [2], [true, false]],
    ['complex', 'complex128', [2], ['1+2j', '-1.5-1j']],
    ['float16', 'float16', [5], [1.5, 'NaN', 'Infinity', 65504, 2 ** -24]],
    ['text', '<U7', [3], ['abc', 'ñandú 🌍', '']],
    ['bytes', '|S3', [2], ['abc', 'x']],
    ['nanoseconds', '<M8[ns]', [2], ['2024-02-29T12:00:00.123456789', 'NaT']],
    ['days', '<M8[D]', [2], ['2024-02-29', '1969-12-31']],
    ['months', '<M8[M]', [2], ['2024-02', '1969-12']],
    ['durations', '<m8[s]', [2], ['90 s', '-1 s']],
    ['scalar', 'float64', [], [3.5]],
    ['empty', 'float64', [0, 3], []],
  ])('of %s is shown with its type and shape', async (name, dtype, shape, values) => {
    expect(await read(fixture(name))).toMatchObject({
      dtype,
      shape,
      fortran_order: name === 'fortran',
      value_count: values.length,
      values,
    });
  });

  test('has statistics of the values that are shown', async () => {
    const all = await read(fixture('float64'));
    expect(all.statistics).toMatchObject({ count: 12, nan_count: 0, min: 0, max: 11 / 7 });
    expect(all.statistics?.mean).toBeCloseTo(5.5 / 7);
    expect(all.statistics?.standard_deviation).toBeCloseTo(Math.sqrt(143 / 12) / 7);
    const some = await read(fixture('float64'), { first_index: 10, max_results: 1 });
    expect(some).toMatchObject({ first_index: 10, values: [10 / 7], statistics: { count: 1 } });
    expect((await read(fixture('float16'))).statistics).toMatchObject({
      count: 5,
      nan_count: 1,
      max: 'Infinity',
    });
    expect(await read(fixture('int64'))).toMatchObject({ statistics: { max: 4611686018427387905n } });
    expect((await read(fixture('text'))).statistics).toBeUndefined();
    expect(await read(fixture('float64'), { first_index: 99 })).toMatchObject({ values: [] });
  });

  test('of objects, of several fields, and of what is not known is refused by its reason', async () => {
    for (const [name, reason] of [
      ['objects', 'it holds Python objects as a pickle, which is never loaded here'],
      ['structured', 'it is a structured array'],
      ['long-double', "values of type '<f16' are not read here"],
    ] as const)
      await expect(read(fixture(name))).rejects.toMatchObject({
        errorCode: 'INVALID_PARAMETER_VALUE',
        message: expect.stringContaining(
          `'a.npy' cannot be shown: ${reason}`.replace(/: values/, ': it is no valid .npy file: values'),
        ),
      });
  });

  test('that is cut or changed is refused, and never a defect', async () => {
    const whole = fixture('float64');
    for (const length of [0, 1, 6, 9, 10, 50, 127, 128, 200, 223])
      await expect(read(whole.subarray(0, length))).rejects.toMatchObject({
        errorCode: 'INVALID_PARAMETER_VALUE',
        message: expect.stringMatching(/^'a\.npy' cannot be shown: /),
      });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(140), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        async (changes) => {
          const changed = Buffer.from(whole);
          for (const [at, byte] of changes) changed[at] = byte;
          await read(changed).catch((error) =>
            expect(error).toMatchObject({ errorCode: 'INVALID_PARAMETER_VALUE' }),
          );
        },
      ),
      { numRuns: 60 },
    );
    const header = (shape: string, descr = '<f8') => {
      const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`.padEnd(117);
      return Buffer.concat([Buffer.from('\x93NUMPY\x01\x00\x76\x00', 'latin1'), Buffer.from(`${text}\n`)]);
    };
    for (const shape of ['(9999999999999999,)', '(99999999,99999999)', '(1,)', `(${'1,'.repeat(40)})`])
      await expect(read(header(shape))).rejects.toMatchObject({ errorCode: 'INVALID_PARAMETER_VALUE' });
    expect(await read(header('(9999999,)', '|S0'), { max_results: 3 })).toMatchObject({
      values: ['', '', ''],
    });
  });
});
