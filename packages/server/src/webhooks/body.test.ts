import { expect, test } from 'vitest';
import { pythonJson, toBody } from './body.ts';

test('bodies are spelled as Python’s json.dumps spells them', () => {
  const data = {
    name: 'é€😀\u007f',
    quoted: '"\\/\b\f\n\r\t\u0001',
    list: [1, 2.5, true, null],
    empty: {},
    none: [],
  };
  // From Python 3.11.
  expect(pythonJson(data)).toBe(
    '{"name": "\\u00e9\\u20ac\\ud83d\\ude00\\u007f", "quoted": "\\"\\\\/\\b\\f\\n\\r\\t\\u0001", "list": [1, 2.5, true, null], "empty": {}, "none": []}',
  );
});

test('keys of people stay in their order, whatever they are', () => {
  const tags = new Map([
    ['b', '1'],
    ['2', 'x'],
    ['1', 'y'],
    ['__proto__', 'z'],
    ['b', 'last'],
  ]);
  expect(pythonJson({ tags })).toBe('{"tags": {"b": "last", "2": "x", "1": "y", "__proto__": "z"}}');
});

test('the time has microseconds and an offset, and the workspace stands there when there are several', () => {
  const event = { entity: 'PROMPT', action: 'CREATED', data: {} } as const;
  const context = (workspacesEnabled: boolean) => ({
    clock: { nowMs: () => 1_700_000_000_123 },
    workspace: 'team-a',
    settings: { workspacesEnabled },
  });
  const beginning =
    '{"entity": "prompt", "action": "created", "timestamp": "2023-11-14T22:13:20.123000+00:00", "data": {}';
  expect(toBody(event, context(false))).toBe(`${beginning}}`);
  expect(toBody(event, context(true))).toBe(`${beginning}, "workspace": "team-a"}`);
});
