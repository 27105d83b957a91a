import { resolve } from 'node:path';
import { ArtifactError, parseArtifactUri } from '@bitacora/artifacts';
import { redactUri } from '@bitacora/db';
import { type Command, Option } from 'commander';
import { parseList } from './parse.ts';
import { UsageError } from './usage-error.ts';

export interface DeltaFlags {
  readonly deltaTableLocations: readonly string[];
}

export const addDeltaOptions = (command: Command): Command =>
  command.addOption(
    new Option(
      '--delta-table-locations <list>',
      'comma-separated folders and URIs below which Delta tables that runs name may be read, such as /data,sftp://host/tables (default: buckets alone, and with workspaces nothing)',
    )
      .env('BITACORA_DELTA_TABLE_LOCATIONS')
      .argParser(parseList)
      .default([], 'none'),
  );

/** @returns absolute folders and URIs of stores. @throws UsageError */
export const readDeltaLocations = ({ deltaTableLocations }: DeltaFlags): readonly string[] =>
  deltaTableLocations.map((location) => {
    const parsed = parse(location);
    if (parsed.kind === 'local') return resolve(parsed.path);
    if (parsed.kind === 'store') return location;
    throw new UsageError(
      `--delta-table-locations: '${redactUri(location)}' is no place of tables. Give a folder such as /data, or a URI such as s3://bucket/path.`,
    );
  });

function parse(location: string) {
  try {
    return parseArtifactUri(location);
  } catch (error) {
    if (error instanceof ArtifactError) throw new UsageError(`--delta-table-locations: ${error.message}`);
    throw error;
  }
}
