import {
  type Db,
  empty,
  isIn,
  type OnlineScoringConfigRow,
  type ScorerRow,
  type ScorerVersionRow,
  type Sql,
  sql,
  type Tx,
} from '@bitacora/db';
import type { Int64 } from '@bitacora/protocol';
import { andInScope, type Scope } from '../workspaces/scope.ts';

/** @param lock how the scorer is to be held. */
export const findScorer = (db: Db, experiment_id: Int64, name: string, lock = empty) =>
  db.get(sql<ScorerRow>`
    SELECT experiment_id, scorer_name, scorer_id FROM scorers
    WHERE experiment_id = ${experiment_id} AND scorer_name = ${name} ${lock}`);

/** Unless another has made one of this name. */
export const insertScorer = (tx: Tx, { experiment_id, scorer_name, scorer_id }: ScorerRow) =>
  tx.insert(
    { into: 'scorers', columns: ['experiment_id', 'scorer_name', 'scorer_id'], onConflict: 'ignore' },
    [[experiment_id, scorer_name, scorer_id]],
  );

export const findLastVersion = async (db: Db, scorer_id: string): Promise<number> =>
  (
    await db.get(
      sql<{
        last: number | null;
      }>`SELECT max(scorer_version) AS last FROM scorer_versions WHERE scorer_id = ${scorer_id}`,
    )
  )?.last ?? 0;

export const insertVersion = (tx: Tx, row: ScorerVersionRow) =>
  tx.run(sql`
    INSERT INTO scorer_versions (scorer_id, scorer_version, serialized_scorer, creation_time)
    VALUES (${row.scorer_id}, ${row.scorer_version}, ${row.serialized_scorer}, ${row.creation_time})`);

export type VersionRow = ScorerRow & ScorerVersionRow;

const VERSIONS = sql`
  SELECT s.experiment_id, s.scorer_name, s.scorer_id, v.scorer_version, v.serialized_scorer, v.creation_time
  FROM scorers s JOIN scorer_versions v ON v.scorer_id = s.scorer_id`;

/** One version, or the latest. */
export const findVersion = (db: Db, scorer_id: string, version: number | undefined) =>
  db.get(sql<VersionRow>`
    ${VERSIONS} WHERE s.scorer_id = ${scorer_id}
    ${version === undefined ? empty : sql`AND v.scorer_version = ${version}`}
    ORDER BY v.scorer_version DESC LIMIT 1`);

export const listVersions = (db: Db, scorer_id: string, limit: number) =>
  db.all(sql<VersionRow>`
    ${VERSIONS} WHERE s.scorer_id = ${scorer_id} ORDER BY v.scorer_version LIMIT ${limit}`);

/** The latest version of each scorer of the experiments; of all active ones where none is named. */
export const listLatest = (
  db: Db,
  scope: Scope,
  experiment_ids: readonly Int64[] | undefined,
  limit: number,
) => {
  const named: Sql =
    experiment_ids === undefined ? empty : sql`AND ${isIn('s.experiment_id', experiment_ids)}`;
  return db.all(sql<VersionRow>`
    ${VERSIONS} JOIN experiments e ON e.experiment_id = s.experiment_id
    WHERE e.lifecycle_stage = 'active' ${andInScope(scope, 's.experiment_id')} ${named}
      AND v.scorer_version = (SELECT max(l.scorer_version) FROM scorer_versions l WHERE l.scorer_id = s.scorer_id)
    ORDER BY s.experiment_id, s.scorer_name LIMIT ${limit}`);
};

export const deleteVersion = (tx: Tx, scorer_id: string, version: number) =>
  tx.run(sql`DELETE FROM scorer_versions WHERE scorer_id = ${scorer_id} AND scorer_version = ${version}`);

/** Versions and online scoring go with it by their foreign keys. */
export const deleteScorer = (tx: Tx, scorer_id: string) =>
  tx.run(sql`DELETE FROM scorers WHERE scorer_id = ${scorer_id}`);

const CONFIG = sql`c.online_scoring_config_id, c.scorer_id, c.sample_rate, c.experiment_id, c.filter_string`;

export const listConfigs = (db: Db, scope: Scope, scorer_ids: readonly string[], limit: number) =>
  db.all(sql<OnlineScoringConfigRow>`
    SELECT ${CONFIG} FROM online_scoring_configs c
    WHERE ${isIn('c.scorer_id', scorer_ids)} ${andInScope(scope, 'c.experiment_id')}
    ORDER BY c.online_scoring_config_id LIMIT ${limit}`);

/** A scorer has one. */
export async function replaceConfig(tx: Tx, row: OnlineScoringConfigRow): Promise<void> {
  await tx.run(sql`DELETE FROM online_scoring_configs WHERE scorer_id = ${row.scorer_id}`);
  await tx.run(sql`
    INSERT INTO online_scoring_configs (online_scoring_config_id, scorer_id, sample_rate, experiment_id, filter_string)
    VALUES (${row.online_scoring_config_id}, ${row.scorer_id}, ${row.sample_rate}, ${row.experiment_id},
      ${row.filter_string})`);
}
