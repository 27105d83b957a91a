import type { Run } from '@bitacora/protocol';
import { Badge } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { age, duration, metricText, moment } from '../../app/display.ts';
import type { Column } from '../../table/virtual-table.tsx';
import { StatusMark } from './status-mark.tsx';

export type Entity = 'metrics' | 'params' | 'tags';

/** A key that any of the runs has, under its column's id. */
export interface KeyColumn {
  readonly id: string;
  readonly entity: Entity;
  readonly key: string;
}

/** How many metrics and params a table shows before anyone has chosen. */
const SHOWN = 5;

/** The search language's name of a key; quoted only where it has to be. */
export const columnId = (entity: Entity, key: string): string =>
  /^[A-Za-z_][\w.]*$/.test(key) ? `${entity}.${key}` : `${entity}.\`${key}\``;

export function keyColumns(runs: readonly Run[]): readonly KeyColumn[] {
  const of = (entity: Entity, keys: Iterable<string>) =>
    [...new Set(keys)].sort().map((key): KeyColumn => ({ id: columnId(entity, key), entity, key }));
  return [
    ...of(
      'metrics',
      runs.flatMap(({ data }) => data.metrics?.map(({ key }) => key) ?? []),
    ),
    ...of(
      'params',
      runs.flatMap(({ data }) => data.params?.map(({ key }) => key) ?? []),
    ),
    ...of(
      'tags',
      runs.flatMap(
        ({ data }) => data.tags?.map(({ key }) => key).filter((key) => !key.startsWith('mlflow.')) ?? [],
      ),
    ),
  ];
}

/** Metrics, and the params that tell the runs apart. */
export function defaultColumns(runs: readonly Run[], keys: readonly KeyColumn[]): readonly string[] {
  const differs = ({ key }: KeyColumn) =>
    new Set(runs.map(({ data }) => data.params?.find((param) => param.key === key)?.value)).size > 1;
  const params = keys.filter(({ entity }) => entity === 'params');
  const telling = runs.length > 1 ? params.filter(differs) : params;
  return [
    ...keys.filter(({ entity }) => entity === 'metrics').slice(0, SHOWN),
    ...telling.slice(0, SHOWN),
  ].map(({ id }) => id);
}

export function runColumns(keys: readonly KeyColumn[], shown: ReadonlySet<string>): readonly Column<Run>[] {
  return [
    {
      id: 'attributes.run_name',
      title: 'Run',
      width: 230,
      pinned: true,
      sortable: true,
      cell: (run) => <RunName run={run} />,
    },
    {
      id: 'attributes.start_time',
      title: 'Started',
      width: 110,
      sortable: true,
      cell: ({ info }) => <span title={moment(info.start_time)}>{age(info.start_time)}</span>,
    },
    {
      id: 'attributes.end_time',
      title: 'Duration',
      width: 100,
      align: 'right',
      sortable: true,
      cell: ({ info }) => runLength(info),
    },
    { id: 'dataset', title: 'Dataset', width: 130, cell: (run) => <Datasets run={run} /> },
    ...keys.filter(({ id }) => shown.has(id)).map(keyColumn),
    { id: 'attributes.user_id', title: 'User', width: 110, sortable: true, cell: userName },
    { id: 'source', title: 'Source', width: 150, cell: sourceName },
  ];
}

function keyColumn({ id, entity, key }: KeyColumn): Column<Run> {
  if (entity === 'metrics') {
    const value = (run: Run) => run.data.metrics?.find((metric) => metric.key === key)?.value;
    return {
      id,
      title: key,
      width: 120,
      align: 'right',
      sortable: true,
      cell: (run) => <span title={String(value(run) ?? '')}>{metricText(value(run))}</span>,
    };
  }
  const value = (run: Run) => run.data[entity]?.find((entry) => entry.key === key)?.value ?? '';
  return {
    id,
    title: key,
    width: 130,
    sortable: true,
    cell: (run) => <span title={value(run)}>{value(run)}</span>,
  };
}

function RunName({ run: { info } }: { readonly run: Run }) {
  return (
    <>
      <StatusMark status={info.status} />
      <Link
        className="plain"
        to="/experiments/$experimentId/runs/$runId"
        params={{ experimentId: info.experiment_id, runId: info.run_id }}
        title={info.run_name ?? info.run_id}
      >
        {info.run_name || info.run_id}
      </Link>
    </>
  );
}

function Datasets({ run }: { readonly run: Run }) {
  return run.inputs?.dataset_inputs?.slice(0, 2).map(({ dataset }) => (
    <Badge
      key={`${dataset.name} ${dataset.digest}`}
      size="sm"
      variant="light"
      color="gray"
      tt="none"
      mr={4}
      title={`${dataset.name} (${dataset.digest})`}
    >
      {dataset.name}
    </Badge>
  ));
}

export const tagOf = (run: Run, key: string): string | undefined =>
  run.data.tags?.find((tag) => tag.key === key)?.value;

const userName = (run: Run) => run.info.user_id || tagOf(run, 'mlflow.user') || '';

const sourceName = (run: Run) => {
  const source = tagOf(run, 'mlflow.source.name') ?? '';
  return <span title={source}>{source.split('/').at(-1)}</span>;
};

export function runLength({ start_time, end_time, status }: Run['info']): string {
  const start = Number(start_time ?? 0);
  if (start === 0) return '';
  if (end_time) return duration(Number(end_time) - start);
  return status === 'RUNNING' ? duration(Date.now() - start) : '';
}
