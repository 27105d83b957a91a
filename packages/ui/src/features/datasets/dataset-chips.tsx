import type { WireDatasetInput } from '@bitacora/protocol';
import { DatasetIcon } from '../../icons/icons.tsx';
import { StaleBadge } from '../delta-tables/stale-badge.tsx';
import { useStaleness } from '../delta-tables/staleness.tsx';
import classes from './dataset-chips.module.css';
import { DatasetLink } from './dataset-link.tsx';

const CONTEXT_TAG = 'mlflow.data.context';

/** What a run has read a data set for: `training`, `eval`, … */
export const contextOf = ({ tags }: WireDatasetInput): string | undefined =>
  tags?.find(({ key }) => key === CONTEXT_TAG)?.value || undefined;

export const nameOf = ({ dataset: { name = '', digest = '' } }: WireDatasetInput) => ({ name, digest });

interface DatasetChipsProps {
  readonly runId: string;
  readonly inputs: readonly WireDatasetInput[];
}

/** So many fit into a column that is not made wider. */
const MOST_CHIPS = 2;

/** The data sets of a run in one line; each opens its details. */
export function DatasetChips({ runId, inputs }: DatasetChipsProps) {
  if (inputs.length === 0) return null;
  return (
    <span className={classes.chips} data-are-several={inputs.length > 1 || undefined}>
      {inputs.slice(0, MOST_CHIPS).map((input) => (
        <DatasetChip key={keyOf(input)} runId={runId} input={input} />
      ))}
      {inputs.length > MOST_CHIPS && (
        <span className="dim" title={inputs.slice(MOST_CHIPS).map(titleOf).join('\n')}>
          +{inputs.length - MOST_CHIPS}
        </span>
      )}
    </span>
  );
}

function DatasetChip({ runId, input }: { readonly runId: string; readonly input: WireDatasetInput }) {
  const context = contextOf(input);
  const table = useStaleness(runId, nameOf(input));
  const isStale = table && (table.is_replaced || Number(table.versions_behind ?? 0) > 0);
  return (
    <DatasetLink
      dataset={nameOf(input)}
      runId={runId}
      className={classes.chip}
      data-is-stale={isStale || undefined}
    >
      <DatasetIcon size={12} />
      <span className="truncate" title={titleOf(input)}>
        {input.dataset.name}
      </span>
      {context && <span className={classes.context}>{context}</span>}
      {isStale && <StaleBadge behind={table.versions_behind} isReplaced={table.is_replaced} isShort />}
    </DatasetLink>
  );
}

export const keyOf = ({ dataset }: WireDatasetInput) => `${dataset.digest} ${dataset.name}`;

function titleOf(input: WireDatasetInput): string {
  const context = contextOf(input);
  return `${input.dataset.name} (${input.dataset.digest})${context ? `, ${context}` : ''}`;
}

/** What a data set was read for, as a word beside its name. */
export function ContextLabel({ context }: { readonly context: string }) {
  return <span className={classes.context}>{context}</span>;
}
