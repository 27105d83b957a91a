import { type Db, type EntityAssociationRow, type Insert, isIn, sql, type Tx } from '@bitacora/db';

/** What MLflow calls the kinds of things that may belong together. */
export type EntityType = 'evaluation_dataset' | 'experiment' | 'run' | 'trace' | 'prompt_version';

const ASSOCIATIONS: Insert = {
  into: 'entity_associations',
  columns: [
    'association_id',
    'source_type',
    'source_id',
    'destination_type',
    'destination_id',
    'created_time',
  ],
  onConflict: 'ignore',
};

export type NewAssociation = EntityAssociationRow & {
  readonly source_type: EntityType;
  readonly destination_type: EntityType;
};

/** What belongs together already stays as it is. */
export const insertAssociations = (tx: Tx, rows: readonly NewAssociation[]) =>
  tx.insert(
    ASSOCIATIONS,
    rows.map((row) => [
      row.association_id,
      row.source_type,
      row.source_id,
      row.destination_type,
      row.destination_id,
      row.created_time,
    ]),
  );

export interface AssociationsOf {
  readonly source_type: EntityType;
  readonly source_id: string;
  readonly destination_type: EntityType;
}

export const listDestinations = async (
  db: Db,
  { source_type, source_id, destination_type }: AssociationsOf,
  limit: number,
) =>
  (
    await db.all(sql<Pick<EntityAssociationRow, 'destination_id'>>`
      SELECT destination_id FROM entity_associations
      WHERE source_type = ${source_type} AND source_id = ${source_id} AND destination_type = ${destination_type}
      ORDER BY created_time, destination_id LIMIT ${limit}`)
  ).map(({ destination_id }) => destination_id);

export const deleteAssociations = (
  tx: Tx,
  { source_type, source_id, destination_type }: AssociationsOf,
  destination_ids: readonly string[],
) =>
  tx.run(sql`
    DELETE FROM entity_associations
    WHERE source_type = ${source_type} AND source_id = ${source_id} AND destination_type = ${destination_type}
      AND ${isIn('destination_id', destination_ids)}`);

/** All of a thing that is deleted, on either side. */
export async function deleteAllAssociations(tx: Tx, type: EntityType, id: string): Promise<void> {
  await tx.run(sql`DELETE FROM entity_associations WHERE source_type = ${type} AND source_id = ${id}`);
  await tx.run(
    sql`DELETE FROM entity_associations WHERE destination_type = ${type} AND destination_id = ${id}`,
  );
}
