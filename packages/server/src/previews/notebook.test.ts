import { previewRunArtifactNotebook } from '@bitacora/protocol';
import { buildRun, putArtifact, type TestApp, testApp } from '@bitacora/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

let app: TestApp;
let run_id: string;
beforeAll(async () => {
  app = await testApp();
  run_id = await buildRun(app);
});
afterAll(() => app[Symbol.asyncDispose]());

async function read(content: unknown, request: object = {}) {
  await putArtifact(app, run_id, 'a.ipynb', typeof content === 'string' ? content : JSON.stringify(content));
  return app.call(previewRunArtifactNotebook, { run_id, path: 'a.ipynb', ...request });
}

const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

const code = (source: string, outputs: unknown[] = []) => ({
  cell_type: 'code',
  execution_count: 7,
  metadata: {},
  source: source.split(/(?<=\n)/),
  outputs,
});

describe('the cells of a notebook', () => {
  test('have their outputs, as data', async () => {
    const notebook = {
      cells: [
        { cell_type: 'markdown', source: ['# Title\n', 'text'] },
        code('print(1)\n1 / 0', [
          { output_type: 'stream', name: 'stdout', text: ['one\n', '\u001b[31mred\u001b[0m'] },
          {
            output_type: 'display_data',
            data: {
              'text/plain': '<Figure>',
              'image/png': `${PIXEL.slice(0, 20)}\n${PIXEL.slice(20)}\n`,
              'application/javascript': 'alert(1)',
            },
          },
          {
            output_type: 'execute_result',
            data: { 'text/html': ['<script>alert(1)</script>', '<b>x</b>'], 'text/plain': ['x'] },
          },
          {
            output_type: 'error',
            ename: 'ZeroDivisionError',
            evalue: 'division by zero',
            traceback: ['\u001b[0;31mTraceback\u001b[0m', 'ZeroDivisionError: division by zero'],
          },
        ]),
      ],
      metadata: { kernelspec: { language: 'python' } },
      nbformat: 4,
      nbformat_minor: 5,
    };
    expect(await read(notebook)).toMatchObject({
      nbformat: 4,
      language: 'python',
      cell_count: 2,
      first_cell: 0,
    });
    const { cells } = await read(notebook, { first_cell: 1, max_results: 1 });
    expect(cells).toEqual([
      {
        cell_type: 'code',
        source: 'print(1)\n1 / 0',
        execution_count: 7,
        outputs: [
          { output_type: 'stream', name: 'stdout', text: 'one\nred', omitted: [] },
          {
            output_type: 'display_data',
            text: '<Figure>',
            image_type: 'image/png',
            image: PIXEL,
            omitted: ['application/javascript'],
          },
          {
            output_type: 'execute_result',
            text: 'x',
            html: '<script>alert(1)</script><b>x</b>',
            omitted: [],
          },
          {
            output_type: 'error',
            text: 'Traceback\nZeroDivisionError: division by zero\n',
            omitted: [],
          },
        ],
      },
    ]);
  });

  test('of the format of before 2015 are read too', async () => {
    const old = {
      nbformat: 3,
      metadata: {},
      worksheets: [
        {
          cells: [
            {
              cell_type: 'code',
              input: 'x',
              prompt_number: 2,
              outputs: [{ output_type: 'pyout', text: '1', png: PIXEL, svg: '<svg onload="alert(1)"/>' }],
            },
          ],
        },
      ],
    };
    expect((await read(old)).cells).toMatchObject([
      {
        source: 'x',
        execution_count: 2,
        outputs: [{ output_type: 'execute_result', text: '1', image: PIXEL, omitted: ['image/svg+xml'] }],
      },
    ]);
  });

  test('that are too large are cut, named, or left for another page', async () => {
    const image = { output_type: 'display_data', data: { 'image/png': 'A'.repeat(3 * 1024 * 1024) } };
    const huge = { output_type: 'display_data', data: { 'image/png': 'A'.repeat(5 * 1024 * 1024) } };
    const cells = [code('a', [image, image, image]), code('b', [image])];
    const page = await read({ cells, nbformat: 4 });
    expect(page).toMatchObject({ cell_count: 2, cells: [{ source: 'a' }] });
    expect(page.cells).toHaveLength(1);
    expect(page.cells[0]!.outputs.map(({ omitted }) => omitted)).toEqual([[], [], ['image/png']]);
    const next = await read({ cells, nbformat: 4 }, { first_cell: 1 });
    expect(next.cells).toMatchObject([{ source: 'b', outputs: [{ omitted: [] }] }]);
    const rest = await read({ cells: [code('a', [huge]), code('c')], nbformat: 4 });
    expect(rest.cells).toMatchObject([{ outputs: [{ omitted: ['image/png'] }] }, { source: 'c' }]);
    const long = await read({ cells: [code('x'.repeat(1_000_000))], nbformat: 4 });
    expect(long.cells[0]!.source.length).toBeLessThan(201_000);
  });

  test('that are none are refused by the reason', async () => {
    for (const [content, reason] of [
      ['{"cells": [', 'it is no valid notebook'],
      ['[]', 'its JSON is no object'],
      ['{"cells": 3}', 'it has no cells'],
      [`{"cells": ${'['.repeat(100_000)}`, 'it is no valid notebook'],
      ['', 'it is no valid notebook'],
    ] as const)
      await expect(read(content)).rejects.toMatchObject({
        errorCode: 'INVALID_PARAMETER_VALUE',
        message: expect.stringContaining(reason),
      });
  });

  test('may be anything, and are never a defect', async () => {
    const any = fc.jsonValue({ maxDepth: 3 });
    const part = fc.oneof(
      any,
      fc.record(
        {
          cell_type: any,
          source: any,
          outputs: fc.oneof(
            any,
            fc.array(
              fc.record(
                {
                  output_type: fc.oneof(fc.constantFrom('stream', 'error', 'display_data'), any),
                  data: any,
                  text: any,
                  traceback: any,
                },
                { requiredKeys: [] },
              ),
            ),
          ),
        },
        { requiredKeys: [] },
      ),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part), any, async (cells, metadata) => {
        await read({ cells, metadata, nbformat: 4 });
      }),
      { numRuns: 60 },
    );
  });
});
