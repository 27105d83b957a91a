import { getMetricHistoryBulkInterval, type MetricWithRunId, type Run } from '@bitacora/protocol';
import { Group, Paper, SegmentedControl, Slider, Switch, Text, TextInput } from '@mantine/core';
import { useIntersection } from '@mantine/hooks';
import { useMemo, useState } from 'react';
import { useCall } from '../../api/use-call.ts';
import { Problem } from '../../app/error-page.tsx';
import { type Line, LineChart } from '../../charts/line-chart.tsx';
import { smooth } from '../../charts/smoothing.ts';

type Axis = 'step' | 'relative' | 'time';

interface View {
  readonly axis: Axis;
  readonly weight: number;
  readonly isLog: boolean;
}

/** Told apart by people with any colour vision, in this order. */
const COLORS = [
  '#2593b3',
  '#d1791f',
  '#3c8d40',
  '#b3446c',
  '#6b5fb5',
  '#8a6d3b',
  '#c04b3c',
  '#4c7fc0',
  '#7a8a2a',
  '#5c6b73',
];

/** Points fetched per line: more than a chart has pixels. */
const POINTS = 600;

interface Props {
  readonly runs: readonly Run[];
  /** How many runs there are; more than are drawn is said. */
  readonly total?: number;
  readonly keep?: (key: string) => boolean;
}

/** A chart for each metric of the runs. */
export function MetricCharts({ runs, total = runs.length, keep = () => true }: Props) {
  const [view, setView] = useState<View>({ axis: 'step', weight: 0, isLog: false });
  const [wanted, setWanted] = useState('');
  const keys = useMemo(
    () =>
      [...new Set(runs.flatMap(({ data }) => data.metrics?.map(({ key }) => key) ?? []))].filter(keep).sort(),
    [runs, keep],
  );
  const shown = keys.filter((key) => key.toLowerCase().includes(wanted.toLowerCase()));
  return (
    <>
      <Group gap="lg">
        <TextInput
          size="xs"
          aria-label="Search charts"
          placeholder="Search charts"
          value={wanted}
          onChange={(event) => setWanted(event.currentTarget.value)}
        />
        <SegmentedControl
          size="xs"
          aria-label="Horizontal axis"
          value={view.axis}
          onChange={(axis) => setView({ ...view, axis: axis as Axis })}
          data={[
            { label: 'Step', value: 'step' },
            { label: 'Relative time', value: 'relative' },
            { label: 'Wall time', value: 'time' },
          ]}
        />
        <Group gap="xs">
          <Text size="xs">Smoothing</Text>
          <Slider
            w={120}
            size="sm"
            min={0}
            max={0.99}
            step={0.01}
            value={view.weight}
            onChange={(weight) => setView({ ...view, weight })}
            label={(value) => value.toFixed(2)}
            thumbLabel="Smoothing"
          />
        </Group>
        <Switch
          size="xs"
          label="Logarithmic"
          checked={view.isLog}
          onChange={(event) => setView({ ...view, isLog: event.currentTarget.checked })}
        />
        {runs.length < total && (
          <Text size="xs" c="dimmed">
            {runs.length} of {total} runs are drawn; select runs in the table to choose others
          </Text>
        )}
      </Group>
      <div style={{ flex: 1, overflow: 'auto', minHeight: 0 }}>
        {shown.length === 0 && (
          <Text c="dimmed">
            {keys.length === 0 ? 'No metrics have been logged.' : 'No metric has this in its name.'}
          </Text>
        )}
        <div
          style={{
            display: 'grid',
            gap: 12,
            gridTemplateColumns: 'repeat(auto-fill, minmax(min(420px, 100%), 1fr))',
          }}
        >
          {shown.map((key) => (
            <MetricChart key={key} metric={key} runs={runs} view={view} />
          ))}
        </div>
      </div>
    </>
  );
}

function MetricChart({
  metric,
  runs,
  view,
}: {
  readonly metric: string;
  readonly runs: readonly Run[];
  readonly view: View;
}) {
  const { ref, entry } = useIntersection({ rootMargin: '300px' });
  const isLive = runs.some(({ info }) => info.status === 'RUNNING');
  const { data, error } = useCall(
    getMetricHistoryBulkInterval,
    { run_ids: runs.map(({ info }) => info.run_id), metric_key: metric, max_results: POINTS },
    { enabled: entry?.isIntersecting ?? false, refetchInterval: isLive ? 3_000 : false },
  );
  const lines = useMemo(() => toLines(runs, data?.metrics ?? [], view), [runs, data, view]);
  return (
    <Paper withBorder p="xs" ref={ref} style={{ minHeight: 290, minWidth: 0 }}>
      <Text fw={600} size="sm" className="truncate" title={metric}>
        {metric}
      </Text>
      {error ? (
        <Problem error={error} />
      ) : (
        lines.length > 0 && (
          <LineChart title={metric} lines={lines} isTime={view.axis === 'time'} isLog={view.isLog} />
        )
      )}
    </Paper>
  );
}

function toLines(
  runs: readonly Run[],
  points: readonly MetricWithRunId[],
  { axis, weight }: View,
): readonly Line[] {
  const ofRun = Map.groupBy(points, ({ run_id }) => run_id);
  return runs.flatMap(({ info }, index): Line[] => {
    const own = ofRun.get(info.run_id);
    if (!own) return [];
    const start = Math.min(...own.map(({ timestamp }) => Number(timestamp)));
    const place = ({ step, timestamp }: MetricWithRunId) =>
      axis === 'step' ? Number(step) : (Number(timestamp) - (axis === 'relative' ? start : 0)) / 1000;
    const raw = own.map(({ value }) =>
      typeof value === 'number' && Math.abs(value) < Number.MAX_VALUE ? value : null,
    );
    const ys = smooth(raw, weight);
    return [
      {
        name: info.run_name || info.run_id.slice(0, 8),
        color: COLORS[index % COLORS.length]!,
        points: own.map((point, at) => ({
          x: place(point),
          y: ys[at] ?? null,
          ...(weight > 0 ? { raw: raw[at] ?? null } : {}),
        })),
      },
    ];
  });
}
