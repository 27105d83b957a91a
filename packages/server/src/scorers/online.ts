import type { OnlineScoringConfigRow } from '@bitacora/db';
import {
  type getOnlineScoringConfigs,
  type Input,
  invalidParameter,
  parsePythonJson,
  type upsertOnlineScoringConfig,
} from '@bitacora/protocol';
import { parseFilter } from '@bitacora/search';
import type { Deps, ReadDeps } from '../deps.ts';
import { findVersion, listConfigs, replaceConfig } from './queries.ts';
import { gatewayEndpointOf, needsExpectations } from './serialized.ts';
import { requireScorer } from './service.ts';

/** A scorer has one setting; more ids than a page shows are a mistake. */
const MOST_CONFIGS = 10_000;

export async function upsert(
  { write, random, scope }: Deps,
  { experiment_id, name, sample_rate, filter_string }: Input<typeof upsertOnlineScoringConfig>,
) {
  if (!(sample_rate >= 0 && sample_rate <= 1))
    throw invalidParameter(
      `Invalid value ${sample_rate} for parameter 'sample_rate': it must be from 0 to 1.`,
    );
  parseFilter('traces', filter_string);
  return write(async (tx) => {
    const scorer = await requireScorer(tx, scope, experiment_id, name);
    const latest = await findVersion(tx, scorer.scorer_id, undefined);
    if (latest && sample_rate > 0) checkJudge(name, latest.serialized_scorer);
    const row: OnlineScoringConfigRow = {
      online_scoring_config_id: random.hexId(),
      scorer_id: scorer.scorer_id,
      sample_rate,
      experiment_id: scorer.experiment_id,
      filter_string: filter_string ?? null,
    };
    await replaceConfig(tx, row);
    return { config: toConfig(row) };
  });
}

export async function listByScorers(
  { db, scope }: ReadDeps,
  { scorer_ids }: Input<typeof getOnlineScoringConfigs>,
) {
  return { configs: (await listConfigs(db, scope, scorer_ids, MOST_CONFIGS)).map(toConfig) };
}

/** Live traces are judged by the server, which reaches models through its gateway alone. */
function checkJudge(name: string, serialized: string): void {
  const scorer = parsePythonJson(serialized);
  if (!(scorer instanceof Map) || gatewayEndpointOf(scorer) === undefined)
    throw invalidParameter(
      `The scorer '${name}' does not use a model of the gateway, so it cannot judge traces by itself.`,
    );
  if (needsExpectations(scorer))
    throw invalidParameter(
      `The scorer '${name}' needs expectations, which live traces do not have, so it cannot judge them by itself.`,
    );
}

const toConfig = (row: OnlineScoringConfigRow) => ({
  online_scoring_config_id: row.online_scoring_config_id,
  scorer_id: row.scorer_id,
  sample_rate: row.sample_rate,
  experiment_id: String(row.experiment_id),
  ...(row.filter_string === null ? {} : { filter_string: row.filter_string }),
});
