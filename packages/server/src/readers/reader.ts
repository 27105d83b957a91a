import { ArtifactStores } from '@bitacora/artifacts';
import { openReader } from '@bitacora/db';
import { endpoints, stringifyJson } from '@bitacora/protocol';
import { lookAtTable } from '../delta-tables/look.ts';
import type { Deps, ReadDeps } from '../deps.ts';
import { parseInput } from '../http/body.ts';
import { toAnswer } from '../http/errors.ts';
import { MOST_BYTES, readExport } from '../otlp/read-export.ts';
import { routes } from '../routes.ts';
import { packTraces } from '../spans/pack.ts';
import { inWorkspace } from '../workspaces/scope.ts';
import type { Outcome, ReaderSetup, Task } from './messages.ts';
import { TextStream } from './text-stream.ts';

type SharedDeps = Omit<ReadDeps, 'workspace' | 'scope'>;

const byName = new Map(
  routes.filter(({ onReader }) => onReader).map((route) => [route.endpoint.name, route]),
);

/** Of a body of spans: what they say by other conventions is kept under MLflow's names too. */
const LIKELY_GROWTH = 3;

const encoder = new TextEncoder();
const streams = new Map<number, AsyncIterator<string>>();
let lastStream = 0;

async function perform(task: Task, deps: SharedDeps): Promise<Outcome> {
  switch (task.kind) {
    case 'parse':
      return { kind: 'parsed', input: parseInput(endpoints[task.name], task.body, task.params) };
    case 'export':
      return {
        kind: 'parsed',
        input: packTraces(readExport(task, MOST_BYTES), task.body.length * LIKELY_GROWTH),
      };
    case 'run':
      return run(task, deps);
    case 'look':
      return toJson(await lookAtTable(deps.stores, task.look));
    case 'continue':
      return nextPiece(task.stream);
    case 'cancel':
      await streams.get(task.stream)?.return?.();
      streams.delete(task.stream);
      return { kind: 'answer', bytes: new Uint8Array() };
  }
}

async function run(
  { name, workspace, input, anyhow }: Task & { kind: 'run' },
  deps: SharedDeps,
): Promise<Outcome> {
  const route = byName.get(name);
  if (!route) throw new Error(`${name} is not a long read`);
  // Long reads are declared with what a reader thread has, so they ask for nothing more.
  const answer = await route.run(inWorkspace(deps, workspace) as Deps, input as never);
  if (!(answer instanceof TextStream)) {
    const isComplete = anyhow || (route.patience?.isComplete(answer as never, input as never) ?? true);
    return isComplete ? toJson(answer) : { kind: 'incomplete' };
  }
  const stream = ++lastStream;
  streams.set(stream, answer.pieces);
  return nextPiece(stream);
}

const toJson = (value: unknown): Outcome => ({ kind: 'answer', bytes: encoder.encode(stringifyJson(value)) });

async function nextPiece(stream: number): Promise<Outcome> {
  const next = await streams.get(stream)?.next();
  if (next && !next.done) return { kind: 'piece', bytes: encoder.encode(next.value), stream };
  streams.delete(stream);
  return { kind: 'piece', bytes: new Uint8Array() };
}

/** What changes hands with an outcome instead of being copied. */
export function buffersOf(outcome: Outcome): ArrayBuffer[] {
  if (outcome.kind === 'piece' || outcome.kind === 'answer') return [outcome.bytes.buffer as ArrayBuffer];
  return outcome.kind === 'parsed' && outcome.input instanceof Uint8Array
    ? [outcome.input.buffer as ArrayBuffer]
    : [];
}

export interface Tasks {
  /** Does one task; never rejects. */
  perform(task: Task): Promise<Outcome>;
  close(): Promise<void>;
}

/** Opens what long reads need. */
export async function openTasks({ backend, settings }: ReaderSetup): Promise<Tasks> {
  const db = await openReader(backend);
  const stores = new ArtifactStores();
  const deps: SharedDeps = {
    db,
    settings,
    artifacts: await stores.at(settings.artifactsDestination),
    stores,
  };
  return {
    perform: (task) => perform(task, deps).catch(toRefusal),
    close: async () => {
      await Promise.all([db.close(), stores.close()]);
    },
  };
}

function toRefusal(error: unknown): Outcome {
  const { status, body, defect, warning } = toAnswer(error);
  const details = defect instanceof Error ? (defect.stack ?? defect.message) : defect;
  return {
    kind: 'refusal',
    refusal: {
      status,
      body,
      ...(details !== undefined && { defect: String(details) }),
      ...(warning !== undefined && { warning }),
    },
  };
}
