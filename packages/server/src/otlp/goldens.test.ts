import { testApp } from '@bitacora/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CASES, GOLDENS, post, postJson, readAll, storedRows, toProtobuf } from './fixture.ts';
import { decodeJson } from './json.ts';
import { decodeProtobuf } from './protobuf.ts';

const traceOf = (request: (typeof CASES)[number]['requests'][number]) =>
  request.resourceSpans[0]!.scopeSpans[0]!.spans[0]!.traceId;

describe('what is stored of an export is what MLflow stores', () => {
  let app: Awaited<ReturnType<typeof testApp>>;
  beforeAll(async () => {
    app = await testApp();
  });
  afterAll(() => app[Symbol.asyncDispose]());

  test.each(CASES.map((each, index) => [each.name, each, index] as const))(
    '%s',
    async (name, { requests }, index) => {
      // Both encodings get their turn; another test says that they read alike.
      for (const request of requests) {
        const answer =
          index % 2 === 0 ? await postJson(app, request) : await post(app, { body: toProtobuf(request) });
        expect(answer.statusCode, answer.body).toBe(200);
        expect(answer.rawPayload).toHaveLength(0);
      }
      const stored = await storedRows(app, `tr-${traceOf(requests[0]!)}`);
      expect(stored).toEqual(GOLDENS[name]);
    },
  );
});

test.each(CASES.map((each) => [each.name, each] as const))(
  'both encodings say the same: %s',
  (_, { requests }) => {
    for (const request of requests) {
      expect(readAll(decodeProtobuf(toProtobuf(request)))).toEqual(
        readAll(decodeJson(Buffer.from(JSON.stringify(request)))),
      );
    }
  },
);
