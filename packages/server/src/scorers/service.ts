import { randomUUID } from 'node:crypto';
import { FOR_UPDATE, type Tx } from '@bitacora/db';
import {
  type deleteScorer,
  type getScorer,
  type Input,
  type Int64,
  invalidParameter,
  type listScorers,
  type listScorerVersions,
  notFound,
  preview,
  type registerScorer,
} from '@bitacora/protocol';
import type { Deps, ReadDeps } from '../deps.ts';
import { parseExperimentId } from '../experiments/ids.ts';
import { checkIsActive, requireActive } from '../experiments/service.ts';
import { checkLength } from '../limits/values.ts';
import * as gateway from './gateway-queries.ts';
import * as queries from './queries.ts';
import { toScorers } from './scorer.ts';
import { gatewayEndpointOf, readScorer, withGatewayEndpoint } from './serialized.ts';

/** Width of MLflow's column, in characters. */
const NAME_CHARACTERS = 256;
/** More than any list has; MLflow has no bound. */
const MOST_SCORERS = 50_000;

export async function register(
  { write, clock, workspace, scope, settings }: Deps,
  { experiment_id: id, name, serialized_scorer }: Input<typeof registerScorer>,
) {
  if (name.trim() === '')
    throw invalidParameter("Invalid value for parameter 'name': a scorer's name must not be blank.");
  checkLength(name, NAME_CHARACTERS, 'name');
  const scorer = readScorer(serialized_scorer, { allowsCode: settings.customScorers });
  const experiment_id = parseExperimentId(id);
  return write(async (tx) => {
    await requireActive(tx, scope, experiment_id);
    const endpoint_name = gatewayEndpointOf(scorer);
    const endpoint =
      endpoint_name === undefined
        ? undefined
        : await gateway.findEndpointByName(tx, workspace, endpoint_name);
    if (endpoint_name !== undefined && !endpoint) throw notFound('GatewayEndpoint', endpoint_name, 'name');
    const scorer_id = await holdScorer(tx, experiment_id, name);
    const nowMs = clock.nowMs();
    await queries.insertVersion(tx, {
      scorer_id,
      scorer_version: (await queries.findLastVersion(tx, scorer_id)) + 1,
      serialized_scorer: endpoint ? withGatewayEndpoint(scorer, endpoint.endpoint_id) : serialized_scorer,
      creation_time: nowMs,
    });
    if (endpoint) await gateway.bindScorer(tx, { endpoint_id: endpoint.endpoint_id, scorer_id, name, nowMs });
    const row = await queries.findVersion(tx, scorer_id, undefined);
    const [made] = await toScorers(tx, workspace, row ? [row] : []);
    return {
      version: made!.scorer_version,
      scorer_id,
      experiment_id: String(experiment_id),
      name,
      // As it was sent, where nothing in it stands for something else.
      serialized_scorer: endpoint ? made!.serialized_scorer : serialized_scorer,
      creation_time: nowMs,
    };
  });
}

/** The scorer of this name, new or not, is held: of two that register it the later counts on from the other's version. */
async function holdScorer(tx: Tx, experiment_id: Int64, name: string): Promise<string> {
  for (;;) {
    const scorer = await queries.findScorer(tx, experiment_id, name, FOR_UPDATE);
    if (scorer) return scorer.scorer_id;
    await queries.insertScorer(tx, { experiment_id, scorer_name: name, scorer_id: randomUUID() });
  }
}

export async function listAll({ db, workspace, scope }: ReadDeps, input: Input<typeof listScorers>) {
  const { experiment_id, experiment_ids } = input;
  if (experiment_id && experiment_ids !== undefined)
    throw invalidParameter("Give 'experiment_id' or 'experiment_ids', not both.");
  let ids: readonly Int64[] | undefined;
  if (experiment_ids !== undefined) ids = experiment_ids.map(parsePlainId);
  else if (experiment_id) {
    ids = [parseExperimentId(experiment_id)];
    for (const id of ids) await checkIsActive(db, scope, id);
  }
  return answer(await toScorers(db, workspace, await queries.listLatest(db, scope, ids, MOST_SCORERS)));
}

/** In this list MLflow takes no sign and no white space around an id, as it does elsewhere. */
function parsePlainId(text: string): Int64 {
  if (/^\d/.test(text) && !/\s$/.test(text)) return parseExperimentId(text);
  throw invalidParameter(
    `Invalid value '${preview(text)}' for parameter 'experiment_ids': it must be digits alone, such as '0'.`,
  );
}

export async function listVersions(
  { db, workspace, scope }: ReadDeps,
  { experiment_id, name }: Input<typeof listScorerVersions>,
) {
  const { scorer_id } = await requireScorer(db, scope, experiment_id, name);
  const rows = await queries.listVersions(db, scorer_id, MOST_SCORERS);
  if (rows.length === 0) throw noScorer(experiment_id, name);
  return answer(await toScorers(db, workspace, rows));
}

export async function get({ db, workspace, scope }: ReadDeps, input: Input<typeof getScorer>) {
  const { experiment_id, name, version } = input;
  const { scorer_id } = await requireScorer(db, scope, experiment_id, name);
  const row = await queries.findVersion(db, scorer_id, version);
  if (!row) throw noScorer(experiment_id, name, version);
  const [found] = await toScorers(db, workspace, [row]);
  // The text as it is stored: only lists are written anew.
  return {
    scorer:
      gatewayEndpointOf(readStored(row)) === undefined
        ? { ...found!, serialized_scorer: row.serialized_scorer }
        : found!,
  };
}

/** The last version deleted by its number leaves a scorer without versions, as in MLflow: its id stays the same. */
export async function remove({ write, scope }: Deps, input: Input<typeof deleteScorer>) {
  const { experiment_id, name, version } = input;
  await write(async (tx) => {
    const { scorer_id } = await requireScorer(tx, scope, experiment_id, name);
    if (version !== undefined) {
      const { changes } = await queries.deleteVersion(tx, scorer_id, version);
      if (changes === 0) throw noScorer(experiment_id, name, version);
      return;
    }
    if ((await queries.findLastVersion(tx, scorer_id)) === 0) throw noScorer(experiment_id, name);
    await gateway.unbindScorer(tx, scorer_id);
    await queries.deleteScorer(tx, scorer_id);
  });
  return {};
}

/** @throws MlflowError RESOURCE_DOES_NOT_EXIST, or INVALID_PARAMETER_VALUE when the experiment is deleted. */
export async function requireScorer(
  db: ReadDeps['db'],
  scope: ReadDeps['scope'],
  experiment_id: string,
  name: string,
) {
  const id = parseExperimentId(experiment_id);
  await checkIsActive(db, scope, id);
  const found = await queries.findScorer(db, id, name);
  if (!found) throw noScorer(experiment_id, name);
  return found;
}

const readStored = (row: queries.VersionRow) => readScorer(row.serialized_scorer, { allowsCode: true });

const noScorer = (experiment_id: string, name: string, version?: number) =>
  notFound(
    `${version === undefined ? 'scorer' : `version ${version} of a scorer`} in experiment ${experiment_id}`,
    name,
    'name',
  );

const answer = <T>(scorers: readonly T[]) => (scorers.length === 0 ? {} : { scorers });
