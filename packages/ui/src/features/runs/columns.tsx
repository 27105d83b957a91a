import type { Run } from '@bitacora/protocol';
import { Link } from '@tanstack/react-router';
import { toMillis } from '../../format/time.ts';
import { TimeAgo } from '../../format/time-ago.tsx';
import { ModelIcon } from '../../icons/icons.tsx';
import type { Column } from '../../table/column.ts';
import { DatasetChips } from '../datasets/dataset-chips.tsx';
import { MetricValue } from '../metrics/metric-value.tsx';
import classes from './columns.module.css';
import { Duration } from './duration.tsx';
import { indexOf, runName } from './run-data.ts';
import { RunStatusLabel } from './run-status.tsx';

export type ColumnKind = 'metrics' | 'params' | 'tags';

/** ``metrics.`val/acc` ``: a name as `order_by` and the filter take it. */
export const columnId = (kind: ColumnKind, key: string): string => `${kind}.\`${key}\``;

function readColumnId(id: string): { readonly kind: ColumnKind; readonly key: string } | undefined {
  const [, kind, key] = /^(metrics|params|tags)\.(.+)$/s.exec(id) ?? [];
  if (kind === undefined || key === undefined) return undefined;
  return {
    kind: kind as ColumnKind,
    key: /^`.*`$/s.test(key) || /^".*"$/s.test(key) ? key.slice(1, -1) : key,
  };
}

const name: Column<Run> = {
  id: 'attributes.run_name',
  title: 'Run',
  width: 240,
  pinned: true,
  sortable: true,
  cell: (run) => (
    <Link
      to="/experiments/$experimentId/runs/$runId"
      params={{ experimentId: run.info.experiment_id, runId: run.info.run_id }}
      preload={false}
    >
      {runName(run)}
    </Link>
  ),
};

/** Columns of what every run has. The id is what the server sorts by; without `sortable` it cannot. */
export const attributeColumns: readonly Column<Run>[] = [
  {
    id: 'attributes.status',
    title: 'Status',
    width: 118,
    sortable: true,
    cell: ({ info }) => <RunStatusLabel status={info.status} />,
  },
  {
    id: 'attributes.start_time',
    title: 'Started',
    width: 112,
    sortable: true,
    cell: ({ info }) => <TimeAgo at={info.start_time} />,
  },
  { id: 'duration', title: 'Duration', width: 104, align: 'end', cell: (run) => <Duration run={run} /> },
  {
    id: 'attributes.user_id',
    title: 'User',
    width: 100,
    sortable: true,
    cell: (run) => indexOf(run).tags.get('mlflow.user') ?? run.info.user_id ?? '',
  },
  {
    id: 'tags.`mlflow.source.name`',
    title: 'Source',
    width: 130,
    sortable: true,
    cell: (run) => {
      const source = indexOf(run).tags.get('mlflow.source.name') ?? '';
      return <span title={source}>{source.split(/[\\/]/).at(-1)}</span>;
    },
  },
  {
    id: 'datasets',
    title: 'Datasets',
    width: 280,
    cell: ({ info, inputs }) => <DatasetChips runId={info.run_id} inputs={inputs?.dataset_inputs ?? []} />,
  },
  { id: 'models', title: 'Models', width: 110, cell: (run) => <Models run={run} /> },
  {
    id: 'tags.`mlflow.note.content`',
    title: 'Description',
    width: 220,
    sortable: true,
    cell: (run) => (
      <span className="dim">{indexOf(run).tags.get('mlflow.note.content')?.split('\n', 1)[0]}</span>
    ),
  },
  {
    id: 'tags.`mlflow.source.git.commit`',
    title: 'Commit',
    width: 96,
    sortable: true,
    cell: (run) => (
      <span className="mono">{indexOf(run).tags.get('mlflow.source.git.commit')?.slice(0, 8)}</span>
    ),
  },
  {
    id: 'attributes.run_id',
    title: 'Run id',
    width: 270,
    sortable: true,
    cell: ({ info }) => <span className="mono">{info.run_id}</span>,
  },
  {
    id: 'attributes.end_time',
    title: 'Ended',
    width: 112,
    sortable: true,
    cell: ({ info }) => (toMillis(info.end_time) === undefined ? '' : <TimeAgo at={info.end_time} />),
  },
];

export const DEFAULT_ATTRIBUTES: readonly string[] = [
  'attributes.status',
  'attributes.start_time',
  'duration',
  'datasets',
  'models',
];

/** Where the columns of MLflow's addresses go by another name. */
const SAME_AS: Readonly<Record<string, string>> = {
  'attributes.`Run Name`': name.id,
  'tags.`mlflow.runName`': name.id,
  'tags.`mlflow.user`': 'attributes.user_id',
  'attributes.Created': 'attributes.start_time',
};

export const canonicalColumnId = (id: string): string => {
  const field = readColumnId(id);
  return SAME_AS[id] ?? (field ? columnId(field.kind, field.key) : id);
};

/** The columns of these ids, the name first; ids of things that are gone give empty columns, not errors. */
export function runColumns(ids: readonly string[]): readonly Column<Run>[] {
  const attributes = attributeColumns.filter(({ id }) => ids.includes(id));
  const known = new Set(attributeColumns.map(({ id }) => id));
  return [name, ...attributes, ...ids.filter((id) => !known.has(id)).flatMap(fieldColumn)];
}

const GROUPS: Readonly<Record<ColumnKind, string>> = { metrics: 'metric', params: 'param', tags: 'tag' };

function fieldColumn(id: string): readonly Column<Run>[] {
  const field = readColumnId(id);
  if (!field) return [];
  const { kind, key } = field;
  return [
    {
      id,
      title: key,
      group: GROUPS[kind],
      width: Math.min(220, Math.max(104, key.length * 7.5 + 34)),
      sortable: true,
      ...(kind === 'metrics' ? { align: 'end' as const } : {}),
      cell: (run) =>
        kind === 'metrics' ? (
          <MetricValue value={indexOf(run).metrics.get(key)} />
        ) : (
          (indexOf(run)[kind].get(key) ?? '')
        ),
    },
  ];
}

function Models({ run }: { readonly run: Run }) {
  const outputs = run.outputs?.model_outputs ?? [];
  const first = outputs[0];
  if (!first) return null;
  return (
    <Link
      className={classes.chips}
      to="/experiments/$experimentId/models/$modelId"
      params={{ experimentId: run.info.experiment_id, modelId: first.model_id }}
      preload={false}
    >
      <ModelIcon size={13} />
      {outputs.length === 1 ? 'model' : `${outputs.length} models`}
    </Link>
  );
}
