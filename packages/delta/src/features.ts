import type { Protocol } from './actions.ts';
import type { Mapping } from './decode.ts';
import { DeltaError, show } from './error.ts';

/**
 * Reader features that a snapshot and its rows are read with. Those about types that are not read (`variantType`, …) are
 * among them: the log is read all the same, and rows without such a column too.
 */
const KNOWN: ReadonlySet<string> = new Set([
  'columnMapping',
  'deletionVectors',
  'timestampNtz',
  'v2Checkpoint',
  'vacuumProtocolCheck',
  'typeWidening',
  'typeWidening-preview',
  'variantType',
  'variantType-preview',
  'variantShredding',
  'variantShredding-preview',
]);

/** Features with which the log alone does not say what the newest version is. */
const IN_A_CATALOG: ReadonlySet<string> = new Set(['catalogManaged', 'catalogOwned', 'catalogOwned-preview']);

/**
 * Refuses a table whose log this reader might misunderstand, as the protocol demands.
 *
 * @throws DeltaError unsupported naming the features and what can be done
 */
export function checkReadable(protocol: Protocol): void {
  if (protocol.min_reader_version > 3) {
    throw new DeltaError(
      'unsupported',
      `The table needs reader version ${protocol.min_reader_version}; up to 3 are read here. Update Bitácora, or copy the table with a writer that knows it into one of an older version.`,
    );
  }
  if (protocol.min_reader_version < 3) return;
  const unknown = protocol.reader_features.filter((feature) => !KNOWN.has(feature));
  if (unknown.length === 0) return;
  const managed = unknown.some((feature) => IN_A_CATALOG.has(feature));
  const names = unknown
    .slice(0, 10)
    .map((feature) => `'${show(feature)}'`)
    .join(', ');
  throw new DeltaError(
    'unsupported',
    `The table needs the reader feature${unknown.length > 1 ? 's' : ''} ${names}, which ${unknown.length > 1 ? 'are' : 'is'} not read here. ${
      managed
        ? 'Its newest commits are known to its catalog alone; copy it into a table of its own to read it.'
        : `Update Bitácora, or remove it from the table: ALTER TABLE … DROP FEATURE ${show(unknown[0]!)}.`
    }`,
  );
}

/** @throws DeltaError unsupported */
export function mappingOf(protocol: Protocol, configuration: ReadonlyMap<string, string>): Mapping {
  const isOn = protocol.min_reader_version === 2 || protocol.reader_features.includes('columnMapping');
  const mode = isOn ? (configuration.get('delta.columnMapping.mode') ?? 'none') : 'none';
  if (mode === 'none' || mode === 'name' || mode === 'id') return mode;
  throw new DeltaError(
    'unsupported',
    `The table's column mapping mode is '${show(mode)}'; known are none, name and id.`,
  );
}
