import { readFileSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import type { Dialect } from '../sql.ts';
import { SchemaError } from './schema-error.ts';

/** A schema of MLflow that we open in place. MLflow opens a database only at its own revision. */
export interface Revision {
  readonly revision: string;
  /** The minor release of MLflow that makes it and accepts it. */
  readonly mlflow: string;
  /** The revision below, where the statements are only what came on top of it. */
  readonly onTopOf?: Revision;
  /** All revisions that lead here from the one below, newest first. */
  readonly steps: readonly string[];
}

/** The chain in mlflow/store/db_migrations/versions of MLflow 3.17.2. */
const MLFLOW_3_17: Revision = {
  revision: 'dc11669786a5',
  mlflow: '3.17',
  steps:
    `75868b020152 b7e2c1a4d9f3 17e22815139b 1971f2d9a75b 6f8d9c3b2a1e c3d9e7f1a2b4 c1d2e3f4a5b6 a8b9c0d1e2f3 b7e4c1a90f23
    89d3d66ed43f da6fb0208061 7d34483879f0 ae8bbe7743c9 a5b4c3d2e1f0 c3d6457b6d8a 76601a5f987d e1f2a3b4c5d6 1b5f0d9ad7c1
    c8d9e0f1a2b3 d0e1f2a3b4c5 d3e4f5a6b7c8 2c33131f4dae c9d4e5f6a7b8 5d2d30f0abce b7c8d9e0f1a2 1bd49d398cd23 bf29a5ff90ea
    3da73c924c2f 71994744cf8e 534353b11cbc 1a0cddfcaa16 de4033877273 a1b2c3d4e5f6 770bee3ae1dd cbc13b556ace bda7b8c39065
    6953534de441 400f98739977 0584bdc529eb f5a4f2784254 4465047574b1 5b0e9adcef9c 867495a8f9d4 acf3f17fdcc7 2d6e25af4d3e
    7f2a7d5fae7d 3500859a5d39 97727af70f4d cc1f77228345 0c779009ac13 bd07f7e963c5 c48cb773bb87 39d1c3be5f05 a8c4a736bde6
    84291f40a231 27a6a02d2cf1 728d730b5ebd 0a8213491aaa cfd24bdc0731 2b4d017a5e9b 89d4b8295536 7ac759974ad8 df50e92ffc5e
    181f10493468 90e64c465722 451aebb31d03`.split(/\s+/),
};

/** The same of MLflow 3.18.0: skills, more of issues, and on MySQL versions of MCP servers that heed upper and lower case. */
const MLFLOW_3_18: Revision = {
  revision: 'f4a9b2c7d1e6',
  mlflow: '3.18',
  onTopOf: MLFLOW_3_17,
  steps: ['8b6ad64cb8f5', 'e7d1f4b2a9c6'],
};

/** The revisions we open, oldest first. A further one is a step that docs/mlflow-releases.md describes. */
export const REVISIONS: readonly Revision[] = [MLFLOW_3_17, MLFLOW_3_18];

/**
 * What a fresh database gets unless told otherwise. MLflow moves a database forward (`mlflow db upgrade`) but not back, so
 * the older one leaves its owner the choice: see docs/decisions/0016.
 */
export const FRESH: Revision = MLFLOW_3_17;

/** The releases whose schema a fresh database can be given. */
export const SCHEMA_RELEASES: readonly string[] = REVISIONS.map(({ mlflow }) => mlflow);

/** @param release such as `3.17`, one of `SCHEMA_RELEASES`; absent, what fresh databases get. */
export function revisionOf(release: string | undefined): Revision {
  if (release === undefined) return FRESH;
  const revision = REVISIONS.find(({ mlflow }) => mlflow === release);
  if (!revision)
    throw new SchemaError(
      `The schema of MLflow ${release} is not known: use ${SCHEMA_RELEASES.join(' or ')}.`,
    );
  return revision;
}

/** The statements of one step: each engine has its own file, so that a start reads no more than it needs. */
const fileOf = ({ revision }: Revision, dialect: Dialect): string =>
  readFileSync(new URL(`${revision}.${dialect}.sql`, import.meta.url), 'utf8');

const tablesAndRows = (revision: Revision, dialect: Dialect): string =>
  `${revision.onTopOf ? `${tablesAndRows(revision.onTopOf, dialect)}\n` : ''}${fileOf(revision, dialect)}`;

/**
 * The statements that create the schema. What marks the database as whole comes last: on MySQL each table ends the
 * transaction, and a start that breaks off must not leave a database that says it is complete.
 */
export const ddlOf = (revision: Revision, dialect: Dialect): string =>
  `${tablesAndRows(revision, dialect)}\nINSERT INTO alembic_version (version_num) VALUES ('${revision.revision}');\n`;

/** The tables that a database at this revision has at least. */
export const tablesOf = (revision: Revision): string[] =>
  [...tablesAndRows(revision, 'sqlite').matchAll(/^CREATE TABLE (\w+)/gm)].map(([, name]) => name!);

/** The revision that the database says it is at; empty if it says none, undefined if it is not one of MLflow. */
export function readRevision(db: DatabaseSync): string | undefined {
  const table = db.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'");
  if (!table.get()) return undefined;
  return String(db.prepare('SELECT version_num FROM alembic_version').get()?.version_num ?? '');
}

/**
 * @param name the file or database that is at revision `found`, for the message.
 * @param uri how MLflow's own command names it.
 * @throws SchemaError with the command that fixes it, unless the revision is one of `REVISIONS`.
 */
export function checkRevision(found: string, name: string, uri: string): Revision {
  const known = REVISIONS.find(({ revision }) => revision === found);
  if (known) return known;
  const opens = `this server opens ${REVISIONS.map(({ revision, mlflow }) => `${revision} (MLflow ${mlflow})`).join(' and ')}`;
  const state = `${name} is at MLflow schema revision '${found}'; ${opens}. It has not been changed.\n`;
  // Moving to a revision moves data as well as tables, so MLflow itself has to upgrade.
  const next = REVISIONS.find(({ steps }) => steps.includes(found));
  if (next) {
    throw new SchemaError(
      `${state}It was made by an older MLflow. Back it up and upgrade it: pip install 'mlflow==${next.mlflow}.*' && mlflow db upgrade '${uri}'`,
    );
  }
  throw new SchemaError(
    `${state}The revision is not known here: it was made by a newer MLflow. Use a newer version of this server, or the MLflow that made it: mlflow server --backend-store-uri '${uri}'`,
  );
}

/** SQLAlchemy decodes percent signs in the path. */
export const sqliteUri = (path: string) => `sqlite:///${path.replaceAll('%', '%25').replaceAll('?', '%3F')}`;
