import { getExperiment, getRun, type Run, restoreRun, updateRun } from '@bitacora/protocol';
import {
  ActionIcon,
  Alert,
  Anchor,
  Breadcrumbs,
  Button,
  CopyButton,
  Group,
  SimpleGrid,
  Tabs,
  Text,
  TextInput,
  Title,
} from '@mantine/core';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { useCall, useWrite } from '../../api/use-call.ts';
import { age, moment } from '../../app/display.ts';
import { NotFoundPage, Problem } from '../../app/error-page.tsx';
import { useTitle } from '../../app/use-title.ts';
import { ArtifactBrowser } from '../artifacts/artifact-browser.tsx';
import { runLength, tagOf } from './columns.tsx';
import { RunMetrics, RunParams, RunTags } from './run-data.tsx';
import { StatusMark, statusText } from './status-mark.tsx';

const MetricCharts = lazy(() =>
  import('../metrics/metric-charts.tsx').then(({ MetricCharts }) => ({ default: MetricCharts })),
);

const TABS = ['overview', 'model-metrics', 'system-metrics', 'artifacts'] as const;
type Tab = (typeof TABS)[number];

const SYSTEM = 'system/';

/** What follows the run's id in the address: a tab, and for artifacts a path. `artifactPath` is MLflow's older word. */
export function readTab(rest: string): { readonly tab: Tab; readonly path: string } | undefined {
  const [word = '', ...path] = rest.split('/');
  if (word === '') return { tab: 'overview', path: '' };
  if (word === 'artifactPath' || word === 'artifacts') return { tab: 'artifacts', path: path.join('/') };
  const tab = TABS.find((known) => known === word);
  return tab && { tab, path: '' };
}

export function RunPage() {
  const params = useParams({ strict: false }) as { experimentId: string; runId: string; _splat?: string };
  const { experimentId, runId } = params;
  const place = readTab(params._splat ?? '');
  const navigate = useNavigate();
  const { data, error, refetch } = useCall(getRun, { run_id: runId }, { refetchInterval: 5_000 });
  const run = data?.run;
  useTitle(run?.info.run_name ?? runId);
  if (!place) return <NotFoundPage />;
  const go = (rest: string) => {
    const address = { experimentId, runId };
    if (rest === 'overview') void navigate({ to: '/experiments/$experimentId/runs/$runId', params: address });
    else
      void navigate({ to: '/experiments/$experimentId/runs/$runId/$', params: { ...address, _splat: rest } });
  };
  return (
    <main id="main" className="page" style={{ overflow: 'auto' }}>
      <Crumbs experimentId={experimentId} name={run?.info.run_name ?? runId} />
      {error && <Problem error={error} onRetry={() => void refetch()} />}
      {run && (
        <>
          <Head run={run} />
          <Tabs value={place.tab} onChange={(tab) => go(tab ?? 'overview')} keepMounted={false}>
            <Tabs.List>
              <Tabs.Tab value="overview">Overview</Tabs.Tab>
              <Tabs.Tab value="model-metrics">Model metrics</Tabs.Tab>
              <Tabs.Tab value="system-metrics">System metrics</Tabs.Tab>
              <Tabs.Tab value="artifacts">Artifacts</Tabs.Tab>
            </Tabs.List>
            <Tabs.Panel value="overview" pt="md">
              <Overview run={run} />
            </Tabs.Panel>
            <Tabs.Panel value="model-metrics" pt="md">
              <Charts run={run} isSystem={false} />
            </Tabs.Panel>
            <Tabs.Panel value="system-metrics" pt="md">
              <Charts run={run} isSystem />
            </Tabs.Panel>
            <Tabs.Panel value="artifacts" pt="md">
              <ArtifactBrowser
                runId={runId}
                path={place.path}
                onOpen={(path) => go(path === '' ? 'artifacts' : `artifacts/${path}`)}
              />
            </Tabs.Panel>
          </Tabs>
        </>
      )}
    </main>
  );
}

function Crumbs({ experimentId, name }: { readonly experimentId: string; readonly name: string }) {
  const { data } = useCall(getExperiment, { experiment_id: experimentId });
  return (
    <Breadcrumbs fz="sm">
      <Anchor component={Link} to="/experiments" size="sm">
        Experiments
      </Anchor>
      <Link className="plain" to="/experiments/$experimentId/runs" params={{ experimentId }}>
        {data?.experiment.name ?? experimentId}
      </Link>
      <span>{name}</span>
    </Breadcrumbs>
  );
}

function Head({ run: { info } }: { readonly run: Run }) {
  const rename = useWrite(updateRun);
  const restore = useWrite(restoreRun);
  const [name, setName] = useState<string | undefined>();
  const save = (event: React.FormEvent) => {
    event.preventDefault();
    if (name) rename.mutate({ run_id: info.run_id, run_name: name }, { onSuccess: () => setName(undefined) });
  };
  return (
    <>
      <Group gap="sm">
        {name === undefined ? (
          <>
            <Title order={2}>{info.run_name || info.run_id}</Title>
            <ActionIcon
              variant="subtle"
              aria-label="Rename run"
              onClick={() => setName(info.run_name ?? '')}
              disabled={info.lifecycle_stage === 'deleted'}
            >
              ✎
            </ActionIcon>
          </>
        ) : (
          <form onSubmit={save}>
            <Group gap="xs">
              <TextInput
                aria-label="Run name"
                value={name}
                onChange={(event) => setName(event.currentTarget.value)}
                data-autofocus
              />
              <Button type="submit" size="xs" loading={rename.isPending}>
                Save
              </Button>
              <Button size="xs" variant="subtle" onClick={() => setName(undefined)}>
                Cancel
              </Button>
            </Group>
          </form>
        )}
      </Group>
      {rename.error && <Problem error={rename.error} />}
      {info.lifecycle_stage === 'deleted' && (
        <Alert color="orange" title="This run is in the trash">
          <Button size="xs" variant="light" onClick={() => restore.mutate({ run_id: info.run_id })}>
            Restore it
          </Button>
        </Alert>
      )}
    </>
  );
}

function Overview({ run }: { readonly run: Run }) {
  const { info } = run;
  const note = tagOf(run, 'mlflow.note.content');
  const parent = tagOf(run, 'mlflow.parentRunId');
  const facts: readonly (readonly [string, React.ReactNode])[] = [
    [
      'Status',
      <>
        <StatusMark status={info.status} />
        {statusText(info.status)}
      </>,
    ],
    ['Run id', <CopyId key="id" text={info.run_id} />],
    ['Started', info.start_time ? `${moment(info.start_time)} (${age(info.start_time)})` : '–'],
    ['Duration', runLength(info) || '–'],
    ['User', info.user_id || tagOf(run, 'mlflow.user') || '–'],
    ['Source', tagOf(run, 'mlflow.source.name') ?? '–'],
    ...(tagOf(run, 'mlflow.source.git.commit')
      ? [['Commit', tagOf(run, 'mlflow.source.git.commit')] as const]
      : []),
    ...(parent
      ? [
          [
            'Parent run',
            <Link
              key="parent"
              className="plain"
              to="/experiments/$experimentId/runs/$runId"
              params={{ experimentId: info.experiment_id, runId: parent }}
            >
              {parent}
            </Link>,
          ] as const,
        ]
      : []),
    ['Artifacts', info.artifact_uri ?? '–'],
    ...(run.inputs?.dataset_inputs ?? []).map(({ dataset, tags }) => {
      const context = tags?.find(({ key }) => key === 'mlflow.data.context')?.value;
      return ['Dataset', `${dataset.name} (${dataset.digest})${context ? `, ${context}` : ''}`] as const;
    }),
    ...(run.outputs?.model_outputs ?? []).map(
      ({ model_id }) =>
        [
          'Logged model',
          <Link
            key={model_id}
            className="plain"
            to="/experiments/$experimentId/models/$modelId"
            params={{ experimentId: info.experiment_id, modelId: model_id }}
          >
            {model_id}
          </Link>,
        ] as const,
    ),
  ];
  return (
    <>
      {note && (
        <Text style={{ whiteSpace: 'pre-wrap' }} mb="md">
          {note}
        </Text>
      )}
      <dl className="facts">
        {facts.map(([name, value], index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the facts of a run stand in a fixed order, and names repeat.
          <div key={index} style={{ display: 'contents' }}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <SimpleGrid cols={{ base: 1, md: 2 }} mt="lg" spacing="lg">
        <RunMetrics metrics={run.data.metrics ?? []} />
        <RunParams params={run.data.params ?? []} />
      </SimpleGrid>
      <RunTags run={run} />
    </>
  );
}

function CopyId({ text }: { readonly text: string }) {
  return (
    <>
      <code>{text}</code>{' '}
      <CopyButton value={text}>
        {({ copied, copy }) => (
          <Button size="compact-xs" variant="subtle" onClick={copy}>
            {copied ? 'Copied' : 'Copy'}
          </Button>
        )}
      </CopyButton>
    </>
  );
}

const isSystemMetric = (key: string) => key.startsWith(SYSTEM);
const isModelMetric = (key: string) => !key.startsWith(SYSTEM);

function Charts({ run, isSystem }: { readonly run: Run; readonly isSystem: boolean }) {
  return (
    <Suspense fallback={<Text c="dimmed">Loading…</Text>}>
      <div style={{ display: 'flex', flexDirection: 'column', gap: 12 }}>
        <MetricCharts runs={[run]} keep={isSystem ? isSystemMetric : isModelMetric} />
      </div>
    </Suspense>
  );
}
