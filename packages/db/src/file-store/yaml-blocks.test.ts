import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseYaml, toFields } from './yaml.ts';
import { parseBlocks } from './yaml-blocks.ts';

const WORDS = ['a', 'b c', '1.5', 'é', '日本', '/p/q', 'x.y'];
/** What means something only in some places. */
const MARKS = "key: x'y '' ' \" # #c :d : - ? & * ! | > % @ ` , [ ] { } {} [] ~ \\n -- --- ... it's".split(
  ' ',
);
const piece = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...WORDS) },
  { weight: 1, arbitrary: fc.constantFrom(...MARKS) },
);
const line = fc
  .tuple(
    fc.constantFrom('', '', '', '  ', '  ', '    ', ' '),
    fc.constantFrom('k: ', 'other: ', 'k:', "k: '", 'm.n/o: ', ''),
    fc.array(piece, { maxLength: 3 }).map((pieces) => pieces.join(' ')),
    fc.constantFrom('', '', "'", ' '),
  )
  .map((parts) => parts.join(''));

test('a file that is read the short way is read as the parser for all of YAML reads it', () => {
  let short = 0;
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 4 }), (lines) => {
      const text = `${lines.join('\n')}\n`;
      const fields = parseBlocks(text);
      if (fields === undefined) return;
      short += 1;
      expect(fields).toEqual(toFields(parseYaml(text)));
    }),
    { numRuns: 5000 },
  );
  expect(short).toBeGreaterThan(50);
});

test('what MLflow writes of runs and traces is read the short way', () => {
  const fields = parseBlocks(`client_request_id: cr-1
execution_duration_ms: 142
request_preview: '{"x": "question one: it''s"}'
request_time: '2026-11-26T23:06:03.962Z'
response_preview: '{"answer": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
  it''s: # question one

  question two"}'
rationale: because it goes on
  and on
tags: []
trace_location:
  mlflow_experiment:
    experiment_id: '0'
  type: MLFLOW_EXPERIMENT
`);
  const quoted = (text: string) => ({ text, isQuoted: true });
  const plain = (text: string) => ({ text, isQuoted: false });
  expect(Object.fromEntries(fields ?? [])).toEqual({
    client_request_id: plain('cr-1'),
    execution_duration_ms: plain('142'),
    request_preview: quoted(`{"x": "question one: it's"}`),
    request_time: quoted('2026-11-26T23:06:03.962Z'),
    response_preview: quoted(`{"answer": "${'x'.repeat(50)} it's: # question one\nquestion two"}`),
    rationale: plain('because it goes on and on'),
    trace_location: new Map<string, unknown>([
      ['mlflow_experiment', new Map([['experiment_id', quoted('0')]])],
      ['type', plain('MLFLOW_EXPERIMENT')],
    ]),
  });
});
