import { experimentIdOf } from './facts.ts';
import { removeLinks } from './read-links.ts';
import type { Source } from './reading.ts';
import type { UnitKey, UnitKind } from './units.ts';

/** Takes what has no folder any more, or cannot be read, out of the index; what it holds has gone before. */
export function removeRows(source: Source, { kind, id, parent }: UnitKey): void {
  REMOVE[kind](source, id, parent);
}

/** The kinds of what a unit holds. */
export const CHILDREN: Readonly<Record<UnitKind, readonly UnitKind[]>> = {
  experiment: ['trace', 'model', 'run'],
  run: [],
  model: [],
  trace: [],
  registered: ['version'],
  version: [],
};

const REMOVE: Readonly<Record<UnitKind, (source: Source, id: string, parent: string) => void>> = {
  experiment: ({ index }, id) => {
    for (const table of ['experiment_tags', 'datasets', 'experiments'])
      index.change(`DELETE FROM ${table} WHERE experiment_id = ?`, experimentIdOf(id));
  },
  run: (source, id) => {
    removeLinks(source, id);
    for (const table of ['tags', 'params', 'latest_metrics', 'metrics', 'runs'])
      source.index.change(`DELETE FROM ${table} WHERE run_uuid = ?`, id);
  },
  model: ({ index }, id) => {
    for (const table of ['logged_model_tags', 'logged_model_params', 'logged_model_metrics', 'logged_models'])
      index.change(`DELETE FROM ${table} WHERE model_id = ?`, id);
  },
  trace: ({ index }, id) => {
    index.change('DELETE FROM assessments WHERE trace_id = ?', id);
    for (const table of ['trace_tags', 'trace_request_metadata', 'trace_info'])
      index.change(`DELETE FROM ${table} WHERE request_id = ?`, id);
  },
  registered: ({ index }, id) => {
    for (const table of ['registered_model_aliases', 'registered_model_tags', 'registered_models'])
      index.change(`DELETE FROM ${table} WHERE name = ?`, id);
  },
  version: ({ index }, id, parent) => {
    const version = Number(id.slice(parent.length + 1));
    for (const table of ['model_version_tags', 'model_versions'])
      index.change(`DELETE FROM ${table} WHERE name = ? AND version = ?`, parent, version);
  },
};
