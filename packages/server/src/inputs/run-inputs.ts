import type { Db, InputTagRow } from '@bitacora/db';
import type { WireDatasetInput } from '@bitacora/protocol';
import { listInputTags, listRunLinks, type RunLinkRow } from './queries.ts';

export interface RunLinks {
  readonly dataset_inputs: readonly WireDatasetInput[];
  readonly model_inputs: readonly { readonly model_id: string }[];
  readonly model_outputs: readonly { readonly model_id: string; readonly step: RunLinkRow['step'] }[];
}

/** What the runs have read and made; runs without any are absent. */
export async function listRunInputs(
  db: Db,
  run_ids: readonly string[],
): Promise<ReadonlyMap<string, RunLinks>> {
  const links = await listRunLinks(db, run_ids);
  if (links.length === 0) return new Map();
  const datasets = links.filter(({ kind }) => kind === 'DATASET');
  const tags = Map.groupBy(
    datasets.length === 0
      ? []
      : await listInputTags(
          db,
          datasets.map(({ input_uuid }) => input_uuid),
        ),
    ({ input_uuid }) => input_uuid,
  );
  const ofRun = Map.groupBy(links, ({ run_id }) => run_id);
  return new Map([...ofRun].map(([run_id, rows]) => [run_id, toLinks(rows, tags)]));
}

function toLinks(rows: readonly RunLinkRow[], tags: ReadonlyMap<string, readonly InputTagRow[]>): RunLinks {
  const of = (kind: RunLinkRow['kind']) => rows.filter((row) => row.kind === kind);
  return {
    dataset_inputs: of('DATASET').map((row) => toDatasetInput(row, tags.get(row.input_uuid) ?? [])),
    model_inputs: of('RUN_INPUT').map(({ model_id }) => ({ model_id: model_id ?? '' })),
    model_outputs: of('RUN_OUTPUT').map(({ model_id, step }) => ({ model_id: model_id ?? '', step })),
  };
}

function toDatasetInput(row: RunLinkRow, tags: readonly InputTagRow[]): WireDatasetInput {
  return {
    ...(tags.length === 0 ? {} : { tags: tags.map(({ name, value }) => ({ key: name, value })) }),
    dataset: {
      name: row.name ?? '',
      digest: row.digest ?? '',
      source_type: row.dataset_source_type ?? '',
      source: row.dataset_source ?? '',
      ...(row.dataset_schema === null ? {} : { schema: row.dataset_schema }),
      ...(row.dataset_profile === null ? {} : { profile: row.dataset_profile }),
    },
  };
}
