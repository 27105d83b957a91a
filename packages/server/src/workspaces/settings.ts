import { isAbsolute } from 'node:path';
import { type ArtifactReach, checkArtifactLocation } from '@bitacora/artifacts';
import type { WorkspaceRow } from '@bitacora/db';
import {
  type Input,
  invalidParameter,
  preview,
  type updateWorkspace,
  type Workspace,
} from '@bitacora/protocol';
import { DURATION } from '../limits/durations.ts';
import { checkLength } from '../limits/values.ts';

/** MLflow's TEXT column, as MySQL bounds it; in characters, of which each may take 4 bytes. */
const DESCRIPTION_CHARACTERS = 16_383;

type Given = Pick<
  Input<typeof updateWorkspace>,
  'description' | 'default_artifact_root' | 'trace_archival_config'
>;
type Settings = Omit<WorkspaceRow, 'name'>;

/**
 * What a request sets: absent is left alone, and empty text takes a setting back.
 *
 * @throws MlflowError INVALID_PARAMETER_VALUE, or ArtifactError
 */
export function readSettings(
  { description, default_artifact_root, trace_archival_config }: Given,
  reach: ArtifactReach,
): Partial<Settings> {
  const { location, retention } = trace_archival_config ?? {};
  checkLength(description ?? '', DESCRIPTION_CHARACTERS, 'description');
  return {
    // An empty description is one; MLflow keeps it too.
    ...(description === undefined ? {} : { description }),
    ...read('default_artifact_root', default_artifact_root, (uri) => checkRoot(uri, reach)),
    ...read('trace_archival_location', location, (uri) => checkArchive(uri, reach)),
    ...read('trace_archival_retention', retention, checkRetention),
  };
}

const read = (name: keyof Settings, text: string | undefined, check: (given: string) => string) =>
  text === undefined ? {} : { [name]: text.trim() === '' ? null : check(text.trim()) };

/** A relative path would be read by each client in a folder of its own. */
function checkRoot(uri: string, reach: ArtifactReach): string {
  if (!hasScheme(uri) && !isAbsolute(uri)) {
    throw invalidParameter(
      `Invalid value '${preview(uri)}' for parameter 'default_artifact_root': give a URI such as s3://bucket/prefix or mlflow-artifacts:/prefix, or an absolute path.`,
    );
  }
  return checkArtifactLocation(uri, reach);
}

function checkArchive(uri: string, reach: ArtifactReach): string {
  if (!hasScheme(uri) || /^mlflow-artifacts:/i.test(uri)) {
    throw invalidParameter(
      `Invalid value '${preview(uri)}' for parameter 'trace_archival_config.location': give the URI of a store that the server reaches itself, such as s3://bucket/prefix.`,
    );
  }
  return checkArtifactLocation(uri, reach);
}

function checkRetention(text: string): string {
  if (DURATION.test(text)) return text;
  throw invalidParameter(
    `Invalid value '${preview(text)}' for parameter 'trace_archival_config.retention': give a whole number and one of m, h and d, such as 30d or 12h, in at most 32 characters.`,
  );
}

const hasScheme = (uri: string) => /^[a-zA-Z][a-zA-Z0-9+.-]+:/.test(uri);

export function toWorkspace(row: WorkspaceRow): Workspace {
  const { name, description, default_artifact_root, trace_archival_location, trace_archival_retention } = row;
  const archival = {
    ...(trace_archival_location === null ? {} : { location: trace_archival_location }),
    ...(trace_archival_retention === null ? {} : { retention: trace_archival_retention }),
  };
  return {
    name,
    ...(description === null ? {} : { description }),
    ...(default_artifact_root === null ? {} : { default_artifact_root }),
    ...(Object.keys(archival).length === 0 ? {} : { trace_archival_config: archival }),
  };
}
