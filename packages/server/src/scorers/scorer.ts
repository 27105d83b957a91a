import type { Db } from '@bitacora/db';
import { type PythonJson, parsePythonJson, printPythonJson, type Scorer } from '@bitacora/protocol';
import { listEndpointNames } from './gateway-queries.ts';
import type { VersionRow } from './queries.ts';
import { gatewayEndpointOf, withGatewayEndpoint } from './serialized.ts';

/** Rows to what stands on the wire. */
export async function toScorers(db: Db, workspace: string, rows: readonly VersionRow[]): Promise<Scorer[]> {
  const read = rows.map((row) => ({ row, json: parsePythonJson(row.serialized_scorer) }));
  const endpoints = read.flatMap(({ json }) => endpointOf(json) ?? []);
  const names = endpoints.length === 0 ? new Map() : await listEndpointNames(db, workspace, endpoints);
  return read.map(({ row, json }) => {
    const endpoint = endpointOf(json);
    return {
      experiment_id: row.experiment_id,
      scorer_name: row.scorer_name,
      scorer_version: row.scorer_version,
      serialized_scorer:
        endpoint !== undefined && json instanceof Map
          ? withGatewayEndpoint(json, names.get(endpoint) ?? null)
          : printPythonJson(json),
      creation_time: row.creation_time ?? 0,
      scorer_id: row.scorer_id,
    };
  });
}

const endpointOf = (json: PythonJson) => (json instanceof Map ? gatewayEndpointOf(json) : undefined);
