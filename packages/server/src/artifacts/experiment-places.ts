import type { Int64 } from '@bitacora/protocol';
import { type Place, type PlaceDeps, placeOf } from './location.ts';
import { listModelRoots, listRunRoots } from './queries.ts';

const PAGE = 1000;

/** Where the runs and logged models of an experiment have their files, deleted ones included; asked for page by page. */
export async function* placesOfExperiment(
  deps: PlaceDeps,
  experiment_id: Int64,
): AsyncGenerator<() => Promise<Place>> {
  for (const list of [listRunRoots, listModelRoots]) {
    for (let after: string | undefined = ''; after !== undefined; ) {
      const roots = await list(deps.db, experiment_id, after, PAGE);
      for (const { uri } of roots) if (uri) yield () => placeOf(deps, uri, '');
      after = roots.length < PAGE ? undefined : roots.at(-1)?.id;
    }
  }
}
