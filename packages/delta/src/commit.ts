import { type Action, parseAction } from './actions.ts';
import { corrupt, DeltaError, reasonOf, show } from './error.ts';
import { type Json, type JsonObject, own, parseJson } from './json.ts';
import type { TableFile, TableFiles } from './table-files.ts';

/** Read at once; a larger commit comes in pieces of this size. */
const PIECE_BYTES = 4 * 1024 * 1024;
/** The longest line: the schema of the widest table is a fraction of this. */
const MOST_LINE_BYTES = 64 * 1024 * 1024;
const NEWLINE = 10;

/**
 * The actions of a commit, or of a checkpoint in JSON, in the order written, piece by piece.
 *
 * @throws DeltaError corrupt naming the line, file_missing, too_large
 */
export async function* readActions(
  files: TableFiles,
  file: TableFile,
): AsyncGenerator<Action[], void, undefined> {
  let number = 0;
  let lines = 0;
  for await (const texts of readLines(files, file)) {
    const actions: Action[] = [];
    for (const text of texts) {
      number++;
      if (text === '' || text === '\r') continue;
      lines++;
      const where = `${file.path}, line ${number}`;
      let line: Json;
      try {
        line = parseJson(text);
      } catch (error) {
        throw corrupt(where, `it is not JSON (${show(reasonOf(error))})`, { cause: error });
      }
      const action = parseAction(line, where, files.uri);
      if (action !== undefined) actions.push(action);
    }
    yield actions;
  }
  // Every commit says at least something; an empty file is one that was never written to its end.
  if (lines === 0) throw corrupt(file.path, 'it is empty');
}

/** What a commit says of itself; undefined when it says nothing, or is not there any more. */
export async function readCommitInfo(files: TableFiles, file: TableFile): Promise<JsonObject | undefined> {
  try {
    for await (const actions of readActions(files, file))
      for (const action of actions) if (action.kind === 'commitInfo') return action.info;
  } catch (error) {
    if (!(error instanceof DeltaError) || error.kind !== 'file_missing') throw error;
  }
  return undefined;
}

/** The commit's own time, where in-commit timestamps are on. */
export function inCommitTimestamp(info: JsonObject | undefined): number | undefined {
  const value = info && own(info, 'inCommitTimestamp');
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined;
}

async function* readLines(files: TableFiles, file: TableFile): AsyncGenerator<string[], void, undefined> {
  if (file.size_bytes === 0) return;
  if (file.size_bytes <= PIECE_BYTES) {
    // As a span of known length: a store need not ask how long the file is.
    const { size_bytes } = file;
    const whole = await files.read(file.path, { start: 0, end: size_bytes, size_bytes });
    yield decode(whole, file.path).split('\n');
    return;
  }
  let rest: Uint8Array[] = [];
  let restBytes = 0;
  for (let start = 0; start < file.size_bytes; start += PIECE_BYTES) {
    const piece = await files.read(file.path, { start, end: Math.min(start + PIECE_BYTES, file.size_bytes) });
    const end = piece.lastIndexOf(NEWLINE);
    restBytes += piece.length;
    if (end < 0) {
      if (restBytes > MOST_LINE_BYTES) {
        throw new DeltaError(
          'too_large',
          `'${show(file.path)}' has a line longer than ${MOST_LINE_BYTES} bytes.`,
        );
      }
      rest.push(piece);
      continue;
    }
    yield decode(Buffer.concat([...rest, piece.subarray(0, end)]), file.path).split('\n');
    rest = [piece.subarray(end + 1)];
    restBytes = piece.length - end - 1;
  }
  if (restBytes > 0) yield [decode(Buffer.concat(rest), file.path)];
}

const decoder = new TextDecoder('utf-8', { fatal: true });

function decode(bytes: Uint8Array, path: string): string {
  try {
    return decoder.decode(bytes);
  } catch (error) {
    throw corrupt(path, 'it is not UTF-8', { cause: error });
  }
}
