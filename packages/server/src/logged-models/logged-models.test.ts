import { createLoggedModel } from '@bitacora/protocol';
import { testApp } from '@bitacora/testkit';
import { expect, test } from 'vitest';

test('a logged model without a name, or with an empty one, gets a name by chance', async () => {
  await using app = await testApp();
  for (const name of [undefined, '']) {
    const { model } = await app.call(createLoggedModel, { experiment_id: '0', name });
    expect(model.info?.name).toMatch(/^[a-z]+-[a-z]+-\d+$/);
  }
});

test.each(['a/b', 'a:b', 'a.b', '100%', '"a"', "it's", ' /'])(
  'a logged model is not named %j',
  async (name) => {
    await using app = await testApp();
    await expect(app.call(createLoggedModel, { experiment_id: '0', name })).rejects.toMatchObject({
      errorCode: 'INVALID_PARAMETER_VALUE',
      status: 400,
    });
  },
);
