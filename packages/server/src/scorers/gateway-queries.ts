import { type Db, isIn, sql, type Tx } from '@bitacora/db';

interface GatewayEndpoint {
  readonly endpoint_id: string;
  readonly name: string | null;
}

/** The gateway's endpoints in the database: scorers keep the id of the one they judge with, and are shown its name. */
export const findEndpointByName = (db: Db, workspace: string, name: string) =>
  db.get(sql<GatewayEndpoint>`
    SELECT endpoint_id, name FROM endpoints WHERE workspace = ${workspace} AND name = ${name}`);

export const listEndpointNames = async (db: Db, workspace: string, ids: readonly string[]) =>
  new Map(
    (
      await db.all(sql<GatewayEndpoint>`
        SELECT endpoint_id, name FROM endpoints WHERE workspace = ${workspace} AND ${isIn('endpoint_id', ids)}`)
    ).map(({ endpoint_id, name }) => [endpoint_id, name]),
  );

export const unbindScorer = (tx: Tx, scorer_id: string) =>
  tx.run(sql`DELETE FROM endpoint_bindings WHERE resource_type = 'scorer' AND resource_id = ${scorer_id}`);

/** An endpoint that is bound is not deleted by mistake. */
export async function bindScorer(
  tx: Tx,
  {
    endpoint_id,
    scorer_id,
    name,
    nowMs,
  }: { endpoint_id: string; scorer_id: string; name: string; nowMs: number },
): Promise<void> {
  await unbindScorer(tx, scorer_id);
  await tx.run(sql`
    INSERT INTO endpoint_bindings (endpoint_id, resource_type, resource_id, created_at, last_updated_at, display_name)
    VALUES (${endpoint_id}, 'scorer', ${scorer_id}, ${nowMs}, ${nowMs}, ${name})`);
}
