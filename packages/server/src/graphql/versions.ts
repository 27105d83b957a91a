import type { Call } from './resolve.ts';

/** Runs in one search: its filter stays far below the longest that is taken. */
const RUNS_AT_ONCE = 500;
/** The most that one search gives. */
const MOST_VERSIONS = 200_000;

interface Version {
  readonly run_id?: string;
}

/** The model versions of runs. All runs that are asked about within one turn of the event loop share a search. */
export class VersionsOfRuns {
  readonly #call: Call;
  #pending: Promise<ReadonlyMap<string, readonly Version[]>> | undefined;
  #run_ids: string[] = [];

  constructor(call: Call) {
    this.#call = call;
  }

  async of(run_id: string): Promise<readonly Version[]> {
    this.#run_ids.push(run_id);
    this.#pending ??= new Promise((resolve, reject) => {
      setImmediate(() => this.#search().then(resolve, reject));
    });
    return (await this.#pending).get(run_id) ?? [];
  }

  async #search(): Promise<ReadonlyMap<string, readonly Version[]>> {
    const ids = [...new Set(this.#run_ids)];
    this.#run_ids = [];
    this.#pending = undefined;
    const found: Version[] = [];
    for (let start = 0; start < ids.length; start += RUNS_AT_ONCE) {
      const quoted = ids.slice(start, start + RUNS_AT_ONCE).map((id) => `'${id}'`);
      const { model_versions = [] } = await this.#call('searchModelVersions', {
        filter: `run_id IN (${quoted.join(', ')})`,
        max_results: MOST_VERSIONS,
      });
      found.push(...(model_versions as readonly Version[]));
    }
    return Map.groupBy(found, ({ run_id }) => run_id ?? '');
  }
}
