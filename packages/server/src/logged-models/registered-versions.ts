import { stringifyJson } from '@bitacora/protocol';

/** What a logged model was registered as. */
export interface RegisteredVersion {
  readonly name: string;
  /** A whole number; text where another server than MLflow's wrote it. */
  readonly version: number | string;
}

/** As Python's json.dumps writes it, since who searches for the tag compares its text. */
export const spellVersions = (versions: readonly RegisteredVersion[]): string =>
  `[${versions.map(({ name, version }) => `{"name": ${ascii(name)}, "version": ${ascii(version)}}`).join(', ')}]`;

const ascii = (value: string | number) =>
  stringifyJson(value).replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** Anybody may have set the tag to anything: what cannot be read is left out. */
export function readVersions(text: string | undefined): RegisteredVersion[] {
  try {
    const versions: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(versions) ? versions.filter(isVersion) : [];
  } catch {
    return [];
  }
}

const isVersion = (value: unknown): value is RegisteredVersion =>
  value !== null &&
  typeof value === 'object' &&
  'name' in value &&
  'version' in value &&
  typeof value.name === 'string' &&
  (typeof value.version === 'number' || typeof value.version === 'string');
