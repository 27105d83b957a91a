import {
  createHashHistory,
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router';
import { ExperimentsPage } from '../features/experiments/experiments-page.tsx';
import { ErrorPage, NotFoundPage } from './error-page.tsx';
import { Shell } from './shell.tsx';

const root = createRootRoute({
  component: Shell,
  notFoundComponent: NotFoundPage,
  errorComponent: ErrorPage,
});

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/experiments' });
  },
});

const experiments = createRoute({
  getParentRoute: () => root,
  path: '/experiments',
  component: ExperimentsPage,
});

/** State that belongs in a link, under MLflow's names; what has its default value is left out. */
export interface RunsSearch {
  readonly searchFilter?: string;
  readonly orderByKey?: string;
  readonly orderByAsc?: boolean;
  readonly lifecycleFilter?: 'Active' | 'Deleted';
  readonly compareRunsMode?: 'TABLE' | 'CHART';
}

function readRunsSearch(search: Record<string, unknown>): RunsSearch {
  const { searchFilter, orderByKey, orderByAsc, lifecycleFilter, compareRunsMode } = search;
  return {
    ...(typeof searchFilter === 'string' && searchFilter !== '' ? { searchFilter } : {}),
    ...(typeof orderByKey === 'string' && orderByKey !== '' ? { orderByKey } : {}),
    ...(orderByAsc === true || orderByAsc === 'true' ? { orderByAsc: true } : {}),
    ...(lifecycleFilter === 'Deleted' ? { lifecycleFilter } : {}),
    ...(compareRunsMode === 'CHART' ? { compareRunsMode } : {}),
  };
}

const experiment = createRoute({
  getParentRoute: () => root,
  path: '/experiments/$experimentId',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/experiments/$experimentId/runs', params });
  },
});

export const runsRoute = createRoute({
  getParentRoute: () => root,
  path: '/experiments/$experimentId/runs',
  validateSearch: readRunsSearch,
  component: lazyRouteComponent(() => import('../features/runs/runs-page.tsx'), 'RunsPage'),
});

export const modelsRoute = createRoute({
  getParentRoute: () => root,
  path: '/experiments/$experimentId/models',
  component: lazyRouteComponent(
    () => import('../features/logged-models/logged-models-page.tsx'),
    'LoggedModelsPage',
  ),
});

export const modelRoute = createRoute({
  getParentRoute: () => root,
  path: '/experiments/$experimentId/models/$modelId',
  component: lazyRouteComponent(
    () => import('../features/logged-models/logged-model-page.tsx'),
    'LoggedModelPage',
  ),
});

const runPage = lazyRouteComponent(() => import('../features/runs/run-page.tsx'), 'RunPage');

/** `…/runs/<id>`, and everything that MLflow's links have after it: a tab, or a tab and the path of an artifact. */
export const runRoute = createRoute({
  getParentRoute: () => root,
  path: '/experiments/$experimentId/runs/$runId',
  component: runPage,
});
export const runTabRoute = createRoute({
  getParentRoute: () => root,
  path: '/experiments/$experimentId/runs/$runId/$',
  component: runPage,
});

export const router = createRouter({
  routeTree: root.addChildren([
    home,
    experiments,
    experiment,
    runsRoute,
    modelsRoute,
    modelRoute,
    runRoute,
    runTabRoute,
  ]),
  history: createHashHistory(),
  defaultPreload: 'intent',
  defaultNotFoundComponent: NotFoundPage,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
