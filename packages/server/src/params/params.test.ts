import { getRun, logParam } from '@bitacora/protocol';
import { buildRun, testApp } from '@bitacora/testkit';
import { describe, expect, test } from 'vitest';

describe('params', () => {
  test('are written once: the same value is fine, also after it was cut', async () => {
    await using app = await testApp();
    const run_id = await buildRun(app);
    const value = 'ü'.repeat(7000);
    for (let time = 0; time < 2; time++) await app.call(logParam, { run_id, key: 'p', value });
    expect((await app.call(getRun, { run_id })).run.data.params?.[0]?.value).toBe('ü'.repeat(6000));
    await expect(app.call(logParam, { run_id, key: 'p', value: 'other' })).rejects.toMatchObject({
      errorCode: 'INVALID_PARAMETER_VALUE',
    });
  });

  test('that are too long are refused where the server does not cut', async () => {
    await using app = await testApp({ truncateLongValues: false });
    const run_id = await buildRun(app);
    await expect(app.call(logParam, { run_id, key: 'p', value: 'x'.repeat(6001) })).rejects.toMatchObject({
      errorCode: 'INVALID_PARAMETER_VALUE',
    });
  });
});
