import type { Response as EndpointResponse, Run, searchRuns } from '@bitacora/protocol';
import type { InfiniteData } from '@tanstack/react-query';

export type RunPages = InfiniteData<EndpointResponse<typeof searchRuns>, unknown>;

/** The pages with what is known better by now. New runs join the first page; each run stays once, at its place. */
export function freshened(
  { pages, pageParams }: RunPages,
  head: EndpointResponse<typeof searchRuns>,
  followed: readonly Run[],
): RunPages {
  const headRuns = head.runs ?? [];
  // The head is all there is: what is not in it is gone.
  if (head.next_page_token === undefined) return { pages: [head], pageParams: pageParams.slice(0, 1) };
  const inHead = new Set(headRuns.map(({ info }) => info.run_id));
  const latest = new Map(followed.map((run) => [run.info.run_id, run]));
  return {
    pageParams,
    pages: pages.map((page, index) => {
      const rest = (page.runs ?? [])
        .filter(({ info }) => !inHead.has(info.run_id))
        .map((run) => latest.get(run.info.run_id) ?? run);
      return { ...page, runs: index === 0 ? [...headRuns, ...rest] : rest };
    }),
  };
}

/** All runs of the pages in order; one that moved between two pages while they were loaded is taken once. */
export function flattened(pages: RunPages | undefined): readonly Run[] {
  const seen = new Map<string, Run>();
  for (const { runs } of pages?.pages ?? []) {
    for (const run of runs ?? []) if (!seen.has(run.info.run_id)) seen.set(run.info.run_id, run);
  }
  return [...seen.values()];
}
