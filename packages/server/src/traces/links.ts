import type { Tx } from '@bitacora/db';
import {
  type Input,
  invalidParameter,
  type linkPromptsToTrace,
  type linkTracesToRun,
  notFound,
} from '@bitacora/protocol';
import type { Deps } from '../deps.ts';
import { findRunPlace, requireRun } from '../runs/active.ts';
import { findTrace, insertLinks, listTraces } from './queries.ts';

/** MLflow's cap. */
const MOST_TRACES = 100;

/** An answer of a language model draws on a handful of prompts. */
const MOST_PROMPTS = 1000;

/** Where workspaces are off, neither side need exist, as in MLflow: the header of a trace often comes after its link. */
export async function linkToRun(
  { write, scope, random, clock }: Deps,
  { trace_ids, run_id }: Input<typeof linkTracesToRun>,
) {
  if (trace_ids.length > MOST_TRACES) {
    throw invalidParameter(
      `Cannot link more than ${MOST_TRACES} traces to a run in a single request. Provided ${trace_ids.length} traces.`,
    );
  }
  await write(async (tx) => {
    if (scope.isolated) await requireRun(tx, scope, run_id);
    const known = scope.isolated
      ? (await listTraces(tx, scope, trace_ids)).map(({ request_id }) => request_id)
      : [...new Set(trace_ids)];
    await insertLinks(
      tx,
      known.map((source_id) => ({
        association_id: random.hexId(),
        source_id,
        destination_type: 'run',
        destination_id: run_id,
        created_time: clock.nowMs(),
      })),
    );
  });
  return {};
}

/** The widths of the columns. */
const ID_CHARACTERS = 36;

/** Links traces that an exporter has sent to the run that it names. For want of the run nobody refuses spans. */
export async function linkExported(
  tx: Tx,
  { scope, random, clock }: Pick<Deps, 'scope' | 'random' | 'clock'>,
  trace_ids: readonly string[],
  run_id: string,
): Promise<void> {
  if (trace_ids.length === 0 || run_id === '' || run_id.length > ID_CHARACTERS) return;
  if (scope.isolated && !(await findRunPlace(tx, scope, run_id))) return;
  await insertLinks(
    tx,
    trace_ids.map((source_id) => ({
      association_id: random.hexId(),
      source_id,
      destination_type: 'run',
      destination_id: run_id,
      created_time: clock.nowMs(),
    })),
  );
}

/** The prompt versions are not looked up: a link may outlive what it names. */
export async function linkPrompts(
  { write, scope, random, clock }: Deps,
  { trace_id, prompt_versions }: Input<typeof linkPromptsToTrace>,
) {
  if (prompt_versions.length > MOST_PROMPTS)
    throw invalidParameter(
      `'prompt_versions' has ${prompt_versions.length} entries, at most ${MOST_PROMPTS} are allowed.`,
    );
  const ids = prompt_versions.map(({ name, version }, index) => {
    if (!/^\s*\d{1,15}\s*$/.test(version))
      throw invalidParameter(
        `Invalid value '${version}' for parameter 'prompt_versions[${index}].version': it must be a number such as '2'.`,
      );
    return `${name}/${Number(version)}`;
  });
  // As MLflow: nothing to link, nothing to look up.
  if (ids.length === 0) return {};
  await write(async (tx) => {
    if (!(await findTrace(tx, scope, trace_id))) throw notFound('trace', trace_id);
    await insertLinks(
      tx,
      [...new Set(ids)].map((destination_id) => ({
        association_id: random.hexId(),
        source_id: trace_id,
        destination_type: 'prompt_version',
        destination_id,
        created_time: clock.nowMs(),
      })),
    );
  });
  return {};
}
