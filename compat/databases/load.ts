import { expect } from 'vitest';
import type { TestServer } from '../../scripts/test-server.ts';

export interface Answered {
  readonly status: number;
  readonly body: { readonly error_code?: string; readonly message?: string } & Readonly<
    Record<string, unknown>
  >;
  readonly retryAfter: string | null;
}

/** One call, without any retry. */
export async function call(
  uri: string,
  method: 'GET' | 'POST',
  path: string,
  fields: object = {},
): Promise<Answered> {
  const query = method === 'GET' ? `?${new URLSearchParams(fields as Record<string, string>)}` : '';
  const answer = await fetch(`${uri}/api/2.0/mlflow/${path}${query}`, {
    method,
    ...(method === 'POST' && {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(fields),
    }),
  });
  return {
    status: answer.status,
    body: (await answer.json()) as Answered['body'],
    retryAfter: answer.headers.get('retry-after'),
  };
}

export async function createRun(uri: string): Promise<string> {
  const { status, body } = await call(uri, 'POST', 'runs/create', { experiment_id: '0' });
  expect(status).toBe(200);
  return (body.run as { info: { run_id: string } }).info.run_id;
}

/** How many metrics a batch has: it is kept whole or not at all. */
const BATCH = 20;

/** Callers that write without pause, and what each of their writes was answered. */
export class Load {
  readonly run_id: string;
  readonly acknowledged: string[] = [];
  readonly refused: Answered[] = [];
  readonly #server: TestServer;
  readonly #callers: Promise<void>[];
  #isOver = false;

  constructor(server: TestServer, run_id: string, callers: number) {
    this.#server = server;
    this.run_id = run_id;
    this.#callers = Array.from({ length: callers }, (_, caller) => this.#write(`c${caller}`));
  }

  async #write(caller: string): Promise<void> {
    for (let step = 1; !this.#isOver; step++) {
      const key = `${caller}.${step}`;
      const answer = await call(this.#server.uri, 'POST', 'runs/log-batch', {
        run_id: this.run_id,
        metrics: Array.from({ length: BATCH }, (_, i) => ({ key, value: i, timestamp: step, step: i })),
        params: [{ key, value: caller }],
        tags: [{ key, value: String(step) }],
      });
      if (answer.status === 200) this.acknowledged.push(key);
      else this.refused.push(answer);
    }
  }

  /** Resolves when so many further writes have been acknowledged. */
  async more(count: number): Promise<void> {
    const wanted = this.acknowledged.length + count;
    while (this.acknowledged.length < wanted) {
      if (this.#server.exitCode !== undefined) throw new Error(`the server has ended: ${this.#server.log}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#callers);
  }

  /** Nothing that was acknowledged is lost, and what was refused says that it may be sent again. */
  async check(): Promise<void> {
    expect(this.#server.exitCode).toBeUndefined();
    for (const { status, body, retryAfter } of this.refused) {
      expect({ status, code: body.error_code }, JSON.stringify(body)).toEqual({
        status: 503,
        code: 'TEMPORARILY_UNAVAILABLE',
      });
      expect(Number(retryAfter)).toBeGreaterThan(0);
    }
    const { body } = await call(this.#server.uri, 'GET', 'runs/get', { run_id: this.run_id });
    const { metrics, params, tags } = (
      body.run as { data: Record<'metrics' | 'params' | 'tags', { key: string; value: unknown }[]> }
    ).data;
    for (const kept of [metrics, params, tags]) {
      const keys = new Set(kept.map(({ key }) => key));
      expect(this.acknowledged.filter((key) => !keys.has(key))).toEqual([]);
    }
    expect(metrics.every(({ value }) => value === BATCH - 1)).toBe(true);
    expect(params.map(({ key }) => key).sort()).toEqual(metrics.map(({ key }) => key).sort());
  }
}
