import { resolve } from 'node:path';
import { ArtifactError, type ArtifactLocation, parseArtifactUri, STORE_SCHEMES } from '@bitacora/artifacts';
import { redactUri } from '@bitacora/db';
import { type Command, Option } from 'commander';
import { parseList } from './parse.ts';
import { UsageError } from './usage-error.ts';

export interface ArtifactFlags {
  readonly artifactsDestination: string;
  readonly allowedHostAddressedSchemes: readonly string[];
}

/** Where artifacts are, for every command that touches them. */
export const addArtifactOptions = (command: Command): Command =>
  command
    .addOption(
      new Option(
        '--artifacts-destination <uri>',
        'folder or store that holds the artifacts this server stores, such as s3://bucket/path',
      )
        .env('MLFLOW_ARTIFACTS_DESTINATION')
        .default('./mlartifacts'),
    )
    .addOption(
      new Option(
        '--allowed-host-addressed-schemes <list>',
        'comma-separated schemes, such as sftp, for which artifact locations may name any host (default: none but the hosts of our own stores)',
      )
        .env('MLFLOW_ALLOWED_HOST_ADDRESSED_ARTIFACT_SCHEMES')
        .argParser(parseList)
        .default([], 'none'),
    );

/** @returns an absolute path or the URI of a store. @throws UsageError */
export function readDestination(destination: string): string {
  const location = parseLocation(destination);
  if (location.kind === 'local') return resolve(location.path);
  if (location.kind === 'store') return destination;
  throw new UsageError(
    `--artifacts-destination '${redactUri(destination)}' is no store: give a folder such as ./mlartifacts, or a URI that begins with ${STORE_SCHEMES.map((scheme) => `${scheme}:`).join(', ')}.`,
  );
}

function parseLocation(destination: string): ArtifactLocation {
  try {
    return parseArtifactUri(destination);
  } catch (error) {
    if (error instanceof ArtifactError) throw new UsageError(`--artifacts-destination: ${error.message}`);
    throw error;
  }
}
