import { type Db, empty, type LabelSchemaRow, sql, type Tx } from '@bitacora/db';
import type { Int64 } from '@bitacora/protocol';
import { andInScope, type Scope } from '../workspaces/scope.ts';

const COLUMNS = sql`l.schema_id, l.experiment_id, l.name, l.type, l.instruction, l.enable_comment, l.input_type,
  l.input_config, l.created_by, l.created_time, l.last_update_time, l.is_default`;

/** @param lock how the label schema is to be held. */
export const findLabelSchema = (db: Db, scope: Scope, schema_id: string, lock = empty) =>
  db.get(sql<LabelSchemaRow>`
    SELECT ${COLUMNS} FROM label_schemas l
    WHERE l.schema_id = ${schema_id} ${andInScope(scope, 'l.experiment_id')} ${lock}`);

export const findLabelSchemaByName = (db: Db, experiment_id: Int64, name: string) =>
  db.get(sql<LabelSchemaRow>`
    SELECT ${COLUMNS} FROM label_schemas l WHERE l.experiment_id = ${experiment_id} AND l.name = ${name}`);

export const findDefaultSchema = (db: Db, experiment_id: Int64) =>
  db.get(sql<LabelSchemaRow>`
    SELECT ${COLUMNS} FROM label_schemas l WHERE l.experiment_id = ${experiment_id} AND l.is_default`);

export const listLabelSchemas = (db: Db, experiment_id: Int64, limit: number, offset: number) =>
  db.all(sql<LabelSchemaRow>`
    SELECT ${COLUMNS} FROM label_schemas l WHERE l.experiment_id = ${experiment_id}
    ORDER BY l.created_time DESC, l.schema_id LIMIT ${limit} OFFSET ${offset}`);

const INSERTED = [
  'schema_id',
  'experiment_id',
  'name',
  'type',
  'instruction',
  'enable_comment',
  'input_type',
  'input_config',
  'created_by',
  'created_time',
  'last_update_time',
  'is_default',
] as const satisfies readonly (keyof LabelSchemaRow)[];

export const insertLabelSchema = (tx: Tx, row: LabelSchemaRow, onConflict?: 'ignore') =>
  tx.insert({ into: 'label_schemas', columns: INSERTED, ...(onConflict ? { onConflict } : {}) }, [
    INSERTED.map((column) => row[column]),
  ]);

export const updateLabelSchema = (tx: Tx, row: LabelSchemaRow) =>
  tx.run(sql`
    UPDATE label_schemas SET name = ${row.name}, instruction = ${row.instruction},
      enable_comment = ${row.enable_comment}, input_type = ${row.input_type},
      input_config = ${row.input_config}, last_update_time = ${row.last_update_time}
    WHERE schema_id = ${row.schema_id}`);

export const deleteLabelSchema = (tx: Tx, schema_id: string) =>
  tx.run(sql`DELETE FROM label_schemas WHERE schema_id = ${schema_id}`);
