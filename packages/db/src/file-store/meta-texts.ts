import type { Int64 } from '@bitacora/protocol';
import type { SqliteConnection } from '../sqlite/connection.ts';
import type {
  ExperimentRow,
  LoggedModelRow,
  ModelVersionRow,
  RegisteredModelAliasRow,
  RegisteredModelRow,
  RunRow,
} from '../tables.ts';
import { experimentIdOf } from './facts.ts';
import { RUN_STATUS } from './read-run.ts';
import type { UnitKind } from './units.ts';
import { type MetaValue, toMetaText } from './yaml.ts';

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
  registered: writeRegistered,
  version: writeVersion,
};

/** Where the value of a key stands in the index. */
export const VALUES: Readonly<Partial<Record<`${UnitKind} ${string}`, string>>> = {
  'experiment tags': 'SELECT value FROM experiment_tags WHERE experiment_id = ? AND key = ?',
  'run tags': 'SELECT value FROM tags WHERE run_uuid = ? AND key = ?',
  'run params': 'SELECT value FROM params WHERE run_uuid = ? AND key = ?',
  'model tags': 'SELECT tag_value AS value FROM logged_model_tags WHERE model_id = ? AND tag_key = ?',
  'model params': 'SELECT param_value AS value FROM logged_model_params WHERE model_id = ? AND param_key = ?',
  'registered tags': 'SELECT value FROM registered_model_tags WHERE name = ? AND key = ?',
  'registered links':
    'SELECT CAST(version AS TEXT) AS value FROM registered_model_aliases WHERE name = ? AND alias = ?',
  'version tags': "SELECT value FROM model_version_tags WHERE name || '/' || version = ? AND key = ?",
};

export type { Int64 };
