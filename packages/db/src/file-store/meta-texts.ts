import { toWireTimestamp } from '@bitacora/protocol';
import type { SqliteConnection } from '../sqlite/connection.ts';
import type {
  ExperimentRow,
  LoggedModelRow,
  ModelVersionRow,
  RegisteredModelAliasRow,
  RegisteredModelRow,
  RunRow,
  TraceInfoRow,
} from '../tables/index.ts';
import { experimentIdOf } from './facts.ts';
import { RUN_STATUS } from './read-run.ts';
import type { UnitKind } from './units.ts';
import { type MetaValue, toMetaText } from './yaml-text.ts';

/** What a unit's meta.yaml is made of, from its row. */
export interface Written {
  /** The experiment, or the registered model. */
  readonly parent: string;
  /** Of an experiment: it belongs into the trash. */
  readonly isDeleted: boolean;
  /** @param before the file as it is, whose other keys stay. */
  readonly text: (before: string | undefined) => string;
}

type Values = Readonly<Record<string, MetaValue>>;

/** What a new file has besides; what is there already stays as an older release or a newer one wrote it. */
const whole = (fixed: Values, values: Values) => (before: string | undefined) =>
  toMetaText(before === undefined ? { ...fixed, ...values } : values, before);

/** The numbers with which files name the states of a run. */
const STATUS_NUMBERS = new Map(Object.entries(RUN_STATUS).map(([number, name]) => [name, Number(number)]));

/** MLflow writes every run as local. */
const LOCAL = 4;

type Writer = (index: SqliteConnection, id: string) => Written | undefined;

const writeExperiment: Writer = (index, id) => {
  const [row] = index.rows<ExperimentRow>(
    'SELECT * FROM experiments WHERE experiment_id = ?',
    experimentIdOf(id),
  );
  return (
    row && {
      parent: '',
      isDeleted: row.lifecycle_stage === 'deleted',
      text: whole(
        { effective_trace_archival_retention: null, trace_location: null, workspace: 'default' },
        {
          artifact_location: row.artifact_location ?? '',
          creation_time: row.creation_time,
          experiment_id: id,
          last_update_time: row.last_update_time,
          lifecycle_stage: row.lifecycle_stage ?? 'active',
          name: row.name,
        },
      ),
    }
  );
};

const writeRun: Writer = (index, id) => {
  const [row] = index.rows<RunRow>('SELECT * FROM runs WHERE run_uuid = ?', id);
  return (
    row && {
      parent: String(row.experiment_id),
      isDeleted: false,
      text: whole(
        { entry_point_name: '', source_name: '', source_type: LOCAL, source_version: '', tags: [] },
        {
          artifact_uri: row.artifact_uri ?? '',
          deleted_time: row.deleted_time,
          end_time: row.end_time,
          experiment_id: String(row.experiment_id),
          lifecycle_stage: row.lifecycle_stage ?? 'active',
          run_id: id,
          run_name: row.name ?? '',
          start_time: row.start_time,
          status: STATUS_NUMBERS.get(row.status ?? 'RUNNING') ?? 1,
          user_id: row.user_id ?? '',
        },
      ),
    }
  );
};

const writeModel: Writer = (index, id) => {
  const [row] = index.rows<LoggedModelRow>('SELECT * FROM logged_models WHERE model_id = ?', id);
  return (
    row && {
      parent: String(row.experiment_id),
      isDeleted: false,
      text: whole(
        {},
        {
          artifact_location: row.artifact_location,
          creation_timestamp: row.creation_timestamp_ms,
          experiment_id: String(row.experiment_id),
          last_updated_timestamp: row.last_updated_timestamp_ms,
          lifecycle_stage: row.lifecycle_stage ?? 'active',
          model_id: id,
          model_type: row.model_type,
          name: row.name,
          source_run_id: row.source_run_id,
          status: row.status,
          status_message: row.status_message,
        },
      ),
    }
  );
};

const writeTrace: Writer = (index, id) => {
  const [row] = index.rows<TraceInfoRow>('SELECT * FROM trace_info WHERE request_id = ?', id);
  if (!row) return undefined;
  const values = {
    client_request_id: row.client_request_id,
    execution_duration_ms: row.execution_time_ms,
    request_preview: row.request_preview,
    request_time: toWireTimestamp(row.timestamp_ms),
    response_preview: row.response_preview,
    state: row.status,
    trace_id: id,
    trace_location: {
      mlflow_experiment: { experiment_id: String(row.experiment_id) },
      type: 'MLFLOW_EXPERIMENT',
    },
  };
  return {
    parent: String(row.experiment_id),
    isDeleted: false,
    text: (before) => {
      // A header of a release before 3.0 would be read as such whatever else stood in it.
      const kept = before === undefined || /^request_id:/m.test(before) ? undefined : before;
      const given = Object.entries(values).filter(
        ([key, value]) => value !== null || kept?.includes(`${key}:`),
      );
      return toMetaText(Object.fromEntries(given), kept);
    },
  };
};

const writeRegistered: Writer = (index, id) => {
  const [row] = index.rows<RegisteredModelRow>('SELECT * FROM registered_models WHERE name = ?', id);
  const aliases = index.rows<RegisteredModelAliasRow>(
    'SELECT * FROM registered_model_aliases WHERE name = ?',
    id,
  );
  return (
    row && {
      parent: '',
      isDeleted: false,
      text: whole(
        { deployment_job_id: null, deployment_job_state: null, workspace: 'default' },
        {
          aliases: Object.fromEntries(aliases.map(({ alias, version }) => [alias, String(version)])),
          creation_timestamp: row.creation_time,
          description: row.description,
          last_updated_timestamp: row.last_updated_time,
          name: id,
        },
      ),
    }
  );
};

const writeVersion: Writer = (index, id) => {
  const [row] = index.rows<ModelVersionRow>(
    'SELECT * FROM model_versions WHERE name = ? AND version = ?',
    id.slice(0, id.lastIndexOf('/')),
    Number(id.slice(id.lastIndexOf('/') + 1)),
  );
  return (
    row && {
      parent: row.name,
      isDeleted: false,
      text: whole(
        {
          deployment_job_state: null,
          // There is no column for it: a version says where it comes from by its source.
          model_id: /^models:\/(m-[0-9a-f]+)$/.exec(row.source ?? '')?.[1] ?? null,
          workspace: 'default',
        },
        {
          creation_timestamp: row.creation_time,
          current_stage: row.current_stage ?? 'None',
          description: row.description,
          last_updated_timestamp: row.last_updated_time,
          name: row.name,
          run_id: row.run_id,
          run_link: row.run_link,
          source: row.source,
          status: row.status,
          status_message: row.status_message,
          storage_location: row.storage_location,
          user_id: row.user_id,
          version: row.version,
        },
      ),
    }
  );
};

export const WRITERS: Readonly<Record<UnitKind, Writer>> = {
  experiment: writeExperiment,
  run: writeRun,
  model: writeModel,
  trace: writeTrace,
  registered: writeRegistered,
  version: writeVersion,
};
