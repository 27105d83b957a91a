import {
  checkDeltaFiles,
  compareDeltaInputs,
  type DeltaInput,
  listDeltaInputs,
  listDeltaInputsOfRuns,
  listDeltaTables,
  previewDeltaRows,
  refreshDeltaInput,
  searchRuns,
} from '@bitacora/protocol';
import { infiniteQueryOptions, keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { client } from '../../api/client.ts';
import { endpointQuery, useEndpointMutation } from '../../api/endpoint-query.ts';
import type { DatasetName } from '../datasets/location.ts';
import { tableFilter } from './table-filter.ts';

/** A run that reads more tables than this is rare; the newest of them are not found then. */
const MOST_INPUTS = 100;
const PENDING_MS = 1_500;

const inputsOf = (run_id: string) => endpointQuery(listDeltaInputs, { run_id, max_results: MOST_INPUTS });

const inputOf = (inputs: readonly DeltaInput[], { name, digest }: DatasetName) =>
  inputs.find((input) => input.dataset_name === name && input.dataset_digest === digest);

/** A data set of a run, if there is one, as a Delta table; asked for again while its snapshot is not recorded yet. */
export function useDeltaInput(runId: string | undefined, dataset: DatasetName) {
  const find = (inputs: readonly DeltaInput[]) => inputOf(inputs, dataset);
  return useQuery({
    ...inputsOf(runId ?? ''),
    enabled: runId !== undefined,
    select: ({ delta_inputs }) => find(delta_inputs),
    refetchInterval: ({ state }) =>
      state.data && find(state.data.delta_inputs)?.status === 'PENDING' ? PENDING_MS : false,
  });
}

/** What another run has read of the same table. */
export const useDeltaInputsOf = (runId: string | undefined) =>
  useQuery({ ...inputsOf(runId ?? ''), enabled: runId !== undefined });

export const useRefreshDeltaInput = () =>
  useEndpointMutation(refreshDeltaInput, [
    ...[listDeltaInputs, listDeltaInputsOfRuns, listDeltaTables],
    ...[checkDeltaFiles, compareDeltaInputs, searchRuns],
  ]);

/** Files do not come back, and looking for them lists the whole table. */
const CHECKED_FOR_MS = 300_000;

export const useCheckDeltaFiles = ({ run_id, delta_input_id, status }: DeltaInput) =>
  useQuery({
    ...endpointQuery(checkDeltaFiles, { run_id, delta_input_id }),
    enabled: status === 'RECORDED',
    staleTime: CHECKED_FOR_MS,
  });

const PAGE_ROWS = 100;

export function useDeltaRows({ run_id, delta_input_id }: DeltaInput) {
  const request = { run_id, delta_input_id, max_results: PAGE_ROWS };
  return useInfiniteQuery({
    queryKey: [previewDeltaRows.name, request] as const,
    queryFn: ({ pageParam, signal }) =>
      client.call(previewDeltaRows, { ...request, page_token: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_page_token,
    // A version does not change.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
  });
}

/** @param other the input of another run; without, the table as it is now. */
export const useDeltaDifference = (
  experiment_id: string,
  { delta_input_id }: DeltaInput,
  other: string | undefined,
  isEnabled: boolean,
) =>
  useQuery({
    ...endpointQuery(compareDeltaInputs, {
      experiment_id,
      delta_input_id,
      ...(other === undefined ? {} : { other_delta_input_id: other }),
    }),
    enabled: isEnabled,
  });

const MOST_RUNS = 50;

/** The newest runs of an experiment that have read a table. */
export const useRunsOfTable = (experiment_id: string, table: string) =>
  useQuery(
    endpointQuery(searchRuns, {
      experiment_ids: [experiment_id],
      filter: tableFilter(table),
      order_by: ['attributes.start_time DESC'],
      max_results: MOST_RUNS,
    }),
  );

const PAGE_TABLES = 20;
/** The server looks at tables by itself, and what runs log goes on. */
const FRESH_MS = 30_000;

export function deltaTablesList(experiment_id: string, words: string | undefined) {
  const request = { experiment_id, max_results: PAGE_TABLES, ...(words ? { table_contains: words } : {}) };
  return infiniteQueryOptions({
    queryKey: [listDeltaTables.name, request] as const,
    queryFn: ({ pageParam, signal }) =>
      client.call(listDeltaTables, { ...request, page_token: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_page_token,
  });
}

export const useListDeltaTables = (experimentId: string, words: string | undefined) =>
  useInfiniteQuery({
    ...deltaTablesList(experimentId, words),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) =>
      state.data?.pages.some(({ tables }) =>
        tables.some(({ latest }) => latest.checked_timestamp === undefined),
      )
        ? PENDING_MS
        : FRESH_MS,
  });
