import {
  createLabelSchema,
  deleteLabelSchema,
  getLabelSchema,
  getLabelSchemaByName,
  listLabelSchemas,
  type Request,
  updateLabelSchema,
} from '@bitacora/protocol';
import { buildExperiment, nextMillisecond, type TestApp, testApp } from '@bitacora/testkit';
import { describe, expect, test } from 'vitest';

const build = async (app: TestApp, request: Partial<Request<typeof createLabelSchema>> = {}) =>
  (
    await app.call(createLabelSchema, {
      experiment_id: '0',
      name: 'polite',
      type: 'FEEDBACK',
      input: { pass_fail: { positive_label: 'yes', negative_label: 'no' } },
      ...request,
    })
  ).label_schema;

describe('a label schema', () => {
  test.each([
    { pass_fail: { positive_label: 'yes', negative_label: 'no' } },
    { categorical: { options: ['a', 'ü'], multi_select: true } },
    { numeric: {} },
    { numeric: { min_value: 0, max_value: 1.5 } },
    { text: {} },
    { text: { max_length: 5 } },
  ])('with %j is created and found by id and name', async (input) => {
    await using app = await testApp();
    const made = await build(app, { input, instruction: 'How?', enable_comment: true, type: 'EXPECTATION' });
    expect(made).toEqual({
      schema_id: expect.stringMatching(/^ls-[0-9a-f]{32}$/),
      experiment_id: '0',
      name: 'polite',
      type: 'EXPECTATION',
      instruction: 'How?',
      enable_comment: true,
      input,
      created_at: expect.any(Number),
      last_updated_at: made.created_at,
      is_default: false,
    });
    expect((await app.call(getLabelSchema, { schema_id: made.schema_id })).label_schema).toEqual(made);
    const byName = await app.call(getLabelSchemaByName, { experiment_id: '0', name: 'polite' });
    expect(byName.label_schema).toEqual(made);
  });

  test.each([
    { name: 'x'.repeat(251) },
    { name: ' feedBACK ' },
    { type: 'BOGUS' as never },
    { instruction: 'x'.repeat(1001) },
    { input: {} },
    { input: { text: {}, numeric: {} } },
    { input: { pass_fail: { positive_label: 'x', negative_label: 'x' } } },
    { input: { pass_fail: { positive_label: 'x'.repeat(65), negative_label: 'y' } } },
    { input: { pass_fail: { positive_label: 'x' } as never } },
    { input: { categorical: { options: [] } } },
    { input: { categorical: { options: Array.from({ length: 11 }, (_, i) => `${i}`) } } },
    { input: { categorical: { options: ['a', 'a'] } } },
    { input: { categorical: { options: [''] } } },
    { input: { categorical: { options: ['x'.repeat(65)] } } },
    { input: { numeric: { min_value: 2, max_value: 2 } } },
    { input: { numeric: { min_value: 'NaN' as const } } },
    { input: { text: { max_length: 0 } } },
    { experiment_id: 'x' },
  ])('such as %.80j is refused', async (request) => {
    await using app = await testApp();
    await expect(build(app, request)).rejects.toMatchObject({ errorCode: 'INVALID_PARAMETER_VALUE' });
  });

  test('has a name of its own within its experiment', async () => {
    await using app = await testApp();
    const other = await buildExperiment(app);
    const { schema_id } = await build(app);
    await build(app, { experiment_id: other });
    const second = await build(app, { name: 'second' });
    await expect(build(app)).rejects.toMatchObject({ errorCode: 'RESOURCE_ALREADY_EXISTS', status: 400 });
    await expect(
      app.call(updateLabelSchema, { schema_id: second.schema_id, name: 'polite' }),
    ).rejects.toMatchObject({ errorCode: 'RESOURCE_ALREADY_EXISTS' });
    expect((await app.call(updateLabelSchema, { schema_id, name: 'polite' })).label_schema.name).toBe(
      'polite',
    );
    await expect(build(app, { experiment_id: '4242' })).rejects.toMatchObject({ status: 404 });
  });

  test('changes in everything but its kind', async () => {
    await using app = await testApp();
    const { schema_id } = await build(app, {
      input: { categorical: { options: ['a'], multi_select: false } },
    });
    const update = (request: object) => app.call(updateLabelSchema, { schema_id, ...request });
    const { label_schema } = await update({
      name: 'renamed',
      instruction: '',
      enable_comment: true,
      input: { categorical: { options: ['b', 'c'] } },
    });
    expect(label_schema).toMatchObject({
      name: 'renamed',
      instruction: '',
      enable_comment: true,
      input: { categorical: { options: ['b', 'c'], multi_select: false } },
    });
    for (const refused of [
      { input: { text: {} } },
      { input: { categorical: { options: ['b'], multi_select: true } } },
      { name: '' },
      { name: 'Feedback' },
    ])
      await expect(update(refused)).rejects.toMatchObject({ errorCode: 'INVALID_PARAMETER_VALUE' });
    await expect(app.call(updateLabelSchema, { schema_id: 'ls-x', name: 'Feedback' })).rejects.toMatchObject({
      status: 404,
    });
  });

  test('named Feedback comes with the first look, and stays as it is', async () => {
    await using app = await testApp();
    const { schema_id } = await build(app);
    await nextMillisecond();
    const list = async () => (await app.call(listLabelSchemas, { experiment_id: '0' })).label_schemas ?? [];
    const [feedback] = await list();
    expect(feedback).toMatchObject({
      name: 'Feedback',
      is_default: true,
      input: { text: {} },
      type: 'FEEDBACK',
    });
    expect((await list()).map(({ name }) => name)).toEqual(['Feedback', 'polite']);
    await expect(app.call(deleteLabelSchema, { schema_id: feedback!.schema_id })).rejects.toMatchObject({
      status: 400,
    });
    await expect(
      app.call(updateLabelSchema, { schema_id: feedback!.schema_id, instruction: 'x' }),
    ).rejects.toMatchObject({ status: 400 });
    for (let twice = 0; twice < 2; twice++)
      expect(await app.call(deleteLabelSchema, { schema_id })).toEqual({});
    expect((await list()).map(({ name }) => name)).toEqual(['Feedback']);
    const page = await app.call(listLabelSchemas, { experiment_id: '0', max_results: 1 });
    expect(page.next_page_token).toBe('');
    await nextMillisecond();
    await build(app, { name: 'one more' });
    const first = await app.call(listLabelSchemas, { experiment_id: '0', max_results: 1 });
    const rest = await app.call(listLabelSchemas, {
      experiment_id: '0',
      max_results: 1,
      page_token: first.next_page_token,
    });
    expect([first, rest].map((each) => each.label_schemas?.[0]?.name)).toEqual(['one more', 'Feedback']);
  });
});
