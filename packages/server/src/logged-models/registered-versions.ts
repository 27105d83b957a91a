import { type PythonJson, parsePythonJson, printPythonJson } from '@bitacora/protocol';

/**
 * The list of what a logged model was registered as, with one version more: JSON in Python's spelling, since who
 * searches for the tag compares its text. Whatever else stands in the list stays as it is.
 */
export function withVersion(text: string | undefined, name: string, version: number): string {
  const added = new Map<string, PythonJson>([
    ['name', name],
    ['version', { kind: 'integer', text: String(version) }],
  ]);
  const spelled = printPythonJson(added);
  return printPythonJson([...read(text).filter((known) => printPythonJson(known) !== spelled), added]);
}

/** Anybody may have set the tag to anything: what is no list is replaced. */
function read(text: string | undefined): readonly PythonJson[] {
  try {
    const versions = parsePythonJson(text ?? '[]');
    return Array.isArray(versions) ? versions : [];
  } catch {
    return [];
  }
}
