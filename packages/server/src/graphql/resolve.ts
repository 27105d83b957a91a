import type { EndpointName } from '@bitacora/protocol';
import {
  type GraphQLFieldResolver,
  type GraphQLOutputType,
  getNullableType,
  isEnumType,
  isListType,
  isScalarType,
} from 'graphql';
import type { VersionsOfRuns } from './versions.ts';

/** Calls an endpoint with a request as its JSON would hold it; the answer likewise. */
export type Call = (name: EndpointName, request: object) => Promise<Readonly<Record<string, unknown>>>;

export interface Context {
  readonly call: Call;
  /** Experiments that were asked for already: the runs of a page share few. */
  readonly experiments: Map<string, Promise<unknown>>;
  readonly versions: VersionsOfRuns;
}

/** The field of Query or Mutation, and the endpoint that answers it. */
const CALLS: Readonly<Record<string, EndpointName>> = {
  mlflowGetExperiment: 'getExperiment',
  mlflowGetMetricHistoryBulkInterval: 'getMetricHistoryBulkInterval',
  mlflowGetRun: 'getRun',
  mlflowListArtifacts: 'listArtifacts',
  mlflowSearchModelVersions: 'searchModelVersions',
  mlflowSearchRuns: 'searchRuns',
  mlflowSearchDatasets: 'searchDatasets',
};

type Source = Readonly<Record<string, unknown>> | undefined;

export const resolve: GraphQLFieldResolver<Source, Context> = (source, args, context, info) => {
  const { fieldName, parentType, returnType } = info;
  switch (parentType.name) {
    case 'Query':
    case 'Mutation': {
      const name = CALLS[fieldName];
      // Two fields echo what they are given, for clients that probe.
      if (name === undefined) return fieldName === 'test' ? { output: args.inputString } : null;
      return context.call(name, withDefault(name, (args.input as object | undefined) ?? {}));
    }
    case 'MlflowRunExtension':
      if (fieldName === 'experiment') return experimentOf(source, context);
      if (fieldName === 'modelVersions') return modelVersionsOf(source, context);
  }
  return shape(source?.[toSnakeCase(fieldName)], returnType, fieldName);
};

/** Over GraphQL MLflow's server demands no fields, and reads no id of an experiment as that of the default one. */
const withDefault = (name: EndpointName, input: { readonly experimentId?: unknown }): object =>
  name === 'getExperiment' && !input.experimentId ? { ...input, experimentId: '0' } : input;

/** MLflow's server gives what a message does not hold as the default of its type, but for the error of a call. */
function shape(value: unknown, type: GraphQLOutputType, fieldName: string): unknown {
  const named = getNullableType(type);
  if (value === undefined || value === null) {
    if (fieldName === 'apiError') return null;
    if (isListType(named)) return [];
    if (isEnumType(named)) return named.getValues()[0]?.name;
    return isScalarType(named) ? DEFAULTS[named.name] : {};
  }
  if (!isScalarType(named)) return value;
  // There is no NaN in GraphQL's numbers.
  if (named.name === 'Float') return typeof value === 'number' ? value : null;
  return named.name === 'LongString' ? String(value) : value;
}

const DEFAULTS: Readonly<Record<string, unknown>> = {
  String: '',
  LongString: '0',
  Int: 0,
  Float: 0,
  Boolean: false,
};

const toSnakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const infoOf = (run: Source) => (run?.info ?? {}) as Readonly<Record<string, string | undefined>>;

async function experimentOf(run: Source, { call, experiments }: Context) {
  const { experiment_id = '' } = infoOf(run);
  let found = experiments.get(experiment_id);
  if (found === undefined) {
    found = call('getExperiment', { experiment_id }).then(({ experiment }) => experiment);
    experiments.set(experiment_id, found);
  }
  return found;
}

function modelVersionsOf(run: Source, { versions }: Context) {
  const { run_id = '' } = infoOf(run);
  // What cannot stand in a filter's quotes is in no version's field either.
  return /^[\w-]+$/.test(run_id) ? versions.of(run_id) : [];
}
