import { getExperiment } from '@bitacora/protocol';
import { Anchor, Breadcrumbs, Code, Group, Tabs, Title } from '@mantine/core';
import { Link, useNavigate } from '@tanstack/react-router';
import { useCall } from '../../api/use-call.ts';
import { Problem } from '../../app/error-page.tsx';
import { useTitle } from '../../app/use-title.ts';

interface Props {
  readonly experimentId: string;
  readonly tab: 'runs' | 'charts' | 'models';
}

/** Name and tabs of an experiment. */
export function ExperimentHead({ experimentId, tab }: Props) {
  const { data, error } = useCall(getExperiment, { experiment_id: experimentId });
  const navigate = useNavigate();
  const name = data?.experiment.name ?? experimentId;
  useTitle(name);
  const go = (value: string | null) => {
    const params = { experimentId };
    if (value === 'models') void navigate({ to: '/experiments/$experimentId/models', params });
    else {
      void navigate({
        to: '/experiments/$experimentId/runs',
        params,
        search: ({ compareRunsMode: _, ...search }) =>
          value === 'charts' ? { ...search, compareRunsMode: 'CHART' as const } : search,
      });
    }
  };
  return (
    <>
      <Breadcrumbs fz="sm">
        <Anchor component={Link} to="/experiments" size="sm">
          Experiments
        </Anchor>
        <span>{name}</span>
      </Breadcrumbs>
      {error && <Problem error={error} />}
      <Group gap="sm">
        <Title order={2}>{name}</Title>
        <Code>{experimentId}</Code>
        {data?.experiment.lifecycle_stage === 'deleted' && <Code color="red">in the trash</Code>}
      </Group>
      <Tabs value={tab} onChange={go}>
        <Tabs.List>
          <Tabs.Tab value="runs">Runs</Tabs.Tab>
          <Tabs.Tab value="charts">Charts</Tabs.Tab>
          <Tabs.Tab value="models">Models</Tabs.Tab>
        </Tabs.List>
      </Tabs>
    </>
  );
}
