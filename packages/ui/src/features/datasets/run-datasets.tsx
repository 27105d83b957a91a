import type { WireDatasetInput } from '@bitacora/protocol';
import { DatasetIcon } from '../../icons/icons.tsx';
import { ContextLabel, contextOf, keyOf, nameOf } from './dataset-chips.tsx';
import { DatasetLink } from './dataset-link.tsx';
import classes from './run-datasets.module.css';

interface RunDatasetsProps {
  readonly runId: string;
  readonly inputs: readonly WireDatasetInput[];
}

/** The data sets that a run has read, one a line. */
export function RunDatasets({ runId, inputs }: RunDatasetsProps) {
  if (inputs.length === 0) return null;
  return (
    <section>
      <h2>Datasets</h2>
      <ul className={classes.list}>
        {inputs.map((input) => {
          const context = contextOf(input);
          return (
            <li key={keyOf(input)}>
              <DatasetLink dataset={nameOf(input)} runId={runId} className={classes.dataset}>
                <DatasetIcon size={15} />
                <span className="truncate">{input.dataset.name}</span>
                {context && <ContextLabel context={context} />}
                <span className={`mono dim truncate ${classes.digest}`}>{input.dataset.digest}</span>
              </DatasetLink>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
