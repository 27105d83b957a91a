import { type DeltaInputOfRun, listDeltaInputsOfRuns, type Run } from '@bitacora/protocol';
import { useQueries } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useMemo } from 'react';
import { endpointQuery } from '../../api/endpoint-query.ts';
import type { DatasetName } from '../datasets/location.ts';

/** How far the tables of the runs on the page have moved on, by run and data set. */
const Staleness = createContext<ReadonlyMap<string, DeltaInputOfRun>>(new Map());

const keyOf = (runId: string, { name, digest }: DatasetName) => JSON.stringify([runId, name, digest]);

/** What the server takes at once. */
const MOST_RUNS = 500;
const FRESH_MS = 30_000;

export const readsTables = ({ inputs }: Run): boolean =>
  inputs?.dataset_inputs?.some(({ dataset }) => dataset.source_type === 'delta_table') ?? false;

interface StalenessProviderProps {
  readonly experimentId: string;
  readonly runs: readonly Run[];
  readonly children: ReactNode;
}

/** Asks once for all runs that have read Delta tables, so that each chip can say whether its table is still the same. */
export function StalenessProvider({ experimentId, runs, children }: StalenessProviderProps) {
  const chunks = useMemo(() => {
    const ids = runs.filter(readsTables).map(({ info }) => info.run_id);
    return Array.from({ length: Math.ceil(ids.length / MOST_RUNS) }, (_, at) =>
      ids.slice(at * MOST_RUNS, (at + 1) * MOST_RUNS),
    );
  }, [runs]);
  const inputs = useQueries({
    queries: chunks.map((run_ids) => ({
      ...endpointQuery(listDeltaInputsOfRuns, { experiment_id: experimentId, run_ids }),
      staleTime: FRESH_MS,
      refetchInterval: FRESH_MS,
    })),
    combine,
  });
  return <Staleness value={inputs}>{children}</Staleness>;
}

const combine = (results: readonly { readonly data: Response | undefined }[]) =>
  new Map(
    results.flatMap(({ data }) =>
      (data?.delta_inputs ?? []).map((input): [string, DeltaInputOfRun] => [
        keyOf(input.run_id, { name: input.dataset_name, digest: input.dataset_digest }),
        input,
      ]),
    ),
  );

interface Response {
  readonly delta_inputs: readonly DeltaInputOfRun[];
}

export const useStaleness = (runId: string, dataset: DatasetName): DeltaInputOfRun | undefined =>
  useContext(Staleness).get(keyOf(runId, dataset));
