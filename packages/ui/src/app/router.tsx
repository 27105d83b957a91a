import {
  createHashHistory,
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router';
import { readDatasetSearch, readDatasetsListSearch } from '../features/datasets/location.ts';
import { datasetsList } from '../features/datasets/queries.ts';
import { deltaTablesList } from '../features/delta-tables/queries.ts';
import { readExperimentsSearch } from '../features/experiments/location.ts';
import { experimentsList } from '../features/experiments/queries.ts';
import { readCompareSearch, readMetricLink } from '../features/runs/compare-location.ts';
import { readRunsSearch } from '../features/runs/location.ts';
import { runsOf } from '../features/runs/queries.ts';
import { ErrorPage } from './error-page.tsx';
import { NotFoundPage } from './not-found-page.tsx';
import { PageSkeleton } from './page-skeleton.tsx';
import { queryClient } from './query-client.ts';
import { parseSearchText, writeSearchText } from './search-text.ts';
import { Shell } from './shell.tsx';

// Every address of the pages. They are MLflow's, because people keep them and its clients print them.

const root = createRootRoute({ component: Shell, notFoundComponent: NotFoundPage });

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/experiments', replace: true });
  },
});

const experiments = createRoute({
  getParentRoute: () => root,
  path: '/experiments',
  validateSearch: readExperimentsSearch,
  loaderDeps: ({ search }) => search,
  // Begun while the page's script is still on its way; the page itself shows what comes of it.
  loader: ({ deps }) => void queryClient.prefetchInfiniteQuery(experimentsList(deps)),
  component: lazyRouteComponent(() => import('../features/experiments/list-page.tsx'), 'ExperimentsPage'),
});

const experiment = createRoute({
  getParentRoute: () => root,
  path: '/experiments/$experimentId',
  validateSearch: readDatasetSearch,
  component: lazyRouteComponent(() => import('../features/experiments/layout.tsx'), 'ExperimentLayout'),
});

const experimentHome = createRoute({
  getParentRoute: () => experiment,
  path: '/',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/experiments/$experimentId/runs', params, replace: true });
  },
});

const runs = createRoute({
  getParentRoute: () => experiment,
  path: '/runs',
  validateSearch: readRunsSearch,
  loaderDeps: ({ search }) => search,
  loader: ({ deps, params }) => void queryClient.prefetchInfiniteQuery(runsOf([params.experimentId], deps)),
  component: lazyRouteComponent(() => import('../features/runs/list-page.tsx'), 'RunsPage'),
});

const models = createRoute({
  getParentRoute: () => experiment,
  path: '/models',
  component: lazyRouteComponent(() => import('../features/logged-models/list-page.tsx'), 'LoggedModelsPage'),
});

const datasets = createRoute({
  getParentRoute: () => experiment,
  path: '/datasets',
  validateSearch: readDatasetsListSearch,
  loaderDeps: ({ search }) => search,
  loader: ({ deps, params }) =>
    void queryClient.prefetchInfiniteQuery(datasetsList(params.experimentId, deps.searchFilter)),
  component: lazyRouteComponent(() => import('../features/datasets/list-page.tsx'), 'DatasetsPage'),
});

const deltaTables = createRoute({
  getParentRoute: () => experiment,
  path: '/datasets/delta-tables',
  validateSearch: readDatasetsListSearch,
  loaderDeps: ({ search }) => search,
  loader: ({ deps, params }) =>
    void queryClient.prefetchInfiniteQuery(deltaTablesList(params.experimentId, deps.searchFilter)),
  component: lazyRouteComponent(() => import('../features/delta-tables/list-page.tsx'), 'DeltaTablesPage'),
});

const overview = createRoute({
  getParentRoute: () => experiment,
  path: '/overview',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/experiments/$experimentId/runs', params, replace: true });
  },
});

const loggedModel = createRoute({
  getParentRoute: () => root,
  path: '/experiments/$experimentId/models/$modelId',
  component: lazyRouteComponent(() => import('../features/logged-models/model-layout.tsx'), 'ModelLayout'),
});

const modelOverview = createRoute({
  getParentRoute: () => loggedModel,
  path: '/',
  component: lazyRouteComponent(() => import('../features/logged-models/overview-tab.tsx'), 'OverviewTab'),
});

const modelArtifacts = createRoute({
  getParentRoute: () => loggedModel,
  path: '/artifacts',
  component: lazyRouteComponent(() => import('../features/logged-models/artifacts-tab.tsx'), 'ArtifactsTab'),
});

const modelArtifact = createRoute({
  getParentRoute: () => loggedModel,
  path: '/artifacts/$',
  component: lazyRouteComponent(() => import('../features/logged-models/artifacts-tab.tsx'), 'ArtifactsTab'),
});

const run = createRoute({
  getParentRoute: () => root,
  path: '/experiments/$experimentId/runs/$runId',
  validateSearch: readDatasetSearch,
  component: lazyRouteComponent(() => import('../features/runs/run-layout.tsx'), 'RunLayout'),
});

const runOverview = createRoute({
  getParentRoute: () => run,
  path: '/',
  component: lazyRouteComponent(() => import('../features/runs/overview-tab.tsx'), 'OverviewTab'),
});

const modelMetrics = createRoute({
  getParentRoute: () => run,
  path: '/model-metrics',
  component: lazyRouteComponent(() => import('../features/metrics/run-metrics-tab.tsx'), 'ModelMetricsTab'),
});

const systemMetrics = createRoute({
  getParentRoute: () => run,
  path: '/system-metrics',
  component: lazyRouteComponent(() => import('../features/metrics/run-metrics-tab.tsx'), 'SystemMetricsTab'),
});

const artifacts = createRoute({
  getParentRoute: () => run,
  path: '/artifacts',
  component: lazyRouteComponent(
    () => import('../features/artifacts/run-artifacts-tab.tsx'),
    'RunArtifactsTab',
  ),
});

const artifact = createRoute({
  getParentRoute: () => run,
  path: '/artifacts/$',
  component: lazyRouteComponent(
    () => import('../features/artifacts/run-artifacts-tab.tsx'),
    'RunArtifactsTab',
  ),
});

const olderArtifact = createRoute({
  getParentRoute: () => run,
  path: '/artifactPath/$',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/experiments/$experimentId/runs/$runId/artifacts/$', params, replace: true });
  },
});

const compareRuns = createRoute({
  getParentRoute: () => root,
  path: '/compare-runs',
  validateSearch: readCompareSearch,
  component: lazyRouteComponent(() => import('../features/runs/compare-page.tsx'), 'ComparePage'),
});

/** MLflow's older page of one metric: the same runs, charts first. */
const metric = createRoute({
  getParentRoute: () => root,
  path: '/metric/$',
  validateSearch: readMetricLink,
  beforeLoad: ({ search, params }) => {
    throw redirect({
      to: '/compare-runs',
      search: { ...search, metric: search.metric ?? params._splat },
      replace: true,
    });
  },
});

export const router = createRouter({
  routeTree: root.addChildren([
    home,
    experiments,
    experiment.addChildren([experimentHome, runs, models, datasets, deltaTables, overview]),
    loggedModel.addChildren([modelOverview, modelArtifacts, modelArtifact]),
    run.addChildren([runOverview, modelMetrics, systemMetrics, artifacts, artifact, olderArtifact]),
    compareRuns,
    metric,
  ]),
  history: createHashHistory(),
  parseSearch: parseSearchText,
  stringifySearch: writeSearchText,
  defaultPreload: 'intent',
  defaultPendingComponent: PageSkeleton,
  defaultPendingMs: 300,
  defaultErrorComponent: ErrorPage,
  defaultNotFoundComponent: NotFoundPage,
  scrollRestoration: false,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
