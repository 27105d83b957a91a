import { createHash } from 'node:crypto';
import { join } from 'node:path';

/** Names in the folder that MLflow fixes. */
export const META = 'meta.yaml';
export const TRASH = '.trash';
export const MODELS = 'models';
export const TRACES = 'traces';
export const TRACE_INFO = 'trace_info.yaml';

/** Folders in an experiment's that hold no run. */
export const NOT_RUNS: ReadonlySet<string> = new Set(['tags', 'datasets', TRACES, MODELS]);

/** What MLflow takes as the id of a run. */
export const RUN_ID = /^[A-Za-z0-9][\w-]{0,255}$/;

/** The folders of a store; ids and names have been judged before they come here. */
export class Layout {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  experiment(id: string, isTrashed: boolean): string {
    return isTrashed ? join(this.root, TRASH, id) : join(this.root, id);
  }

  registeredModel(name: string): string {
    return join(this.root, MODELS, name);
  }

  version(name: string, version: number | string): string {
    return join(this.root, MODELS, name, `version-${version}`);
  }
}

const md5 = (...texts: readonly string[]) => {
  const hash = createHash('md5');
  for (const text of texts) hash.update(text, 'utf8');
  return hash.digest('hex');
};

/** The names of the folders of a data set and of what a run has read, as MLflow derives them. */
export const datasetFolder = (name: string, digest: string) => md5(name, digest);
export const inputFolder = (source_id: string, run_id: string) => md5(source_id, run_id);

/** One id per experiment and folder: the same data set has a row in each experiment. */
export const datasetUuid = (experiment_id: string, folder: string) => md5(experiment_id, '/', folder);
