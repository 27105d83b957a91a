import { ArtifactError } from '@bitacora/artifacts';
import { type Db, parsePythonJson, toPythonJson } from '@bitacora/db';
import { MlflowError, type TraceInfo } from '@bitacora/protocol';
import { placeOf } from '../artifacts/location.ts';
import type { ReadDeps } from '../deps.ts';
import { listSpans, type StoredSpan, toWireSpan } from '../spans/service.ts';
import { readArchive } from './archive.ts';
import { TRACE_TAG } from './keys.ts';
import { listTraceTags } from './queries.ts';
import { readBounded } from './trace-files.ts';

/** The file of the spans in a trace's artifacts. */
export const TRACE_FILE = 'traces.json';

/**
 * The spans of each trace in the JSON form of OpenTelemetry's protobuf, wherever they are: in the database, in an archive, or
 * in the file that clients upload where a server takes no spans. An error stands where they cannot be had.
 *
 * @param known the spans in the database, where they have been asked for.
 */
export async function loadSpans(
  deps: ReadDeps,
  infos: readonly TraceInfo[],
  known?: ReadonlyMap<string, readonly StoredSpan[]>,
): Promise<ReadonlyMap<string, readonly unknown[] | Error>> {
  const stored = infos.flatMap(({ trace_id = '', tags = {} }) => (isStored(tags) ? [trace_id] : []));
  const spansOf = known ?? (await listSpans(deps.db, stored));
  const moved = await listTags(
    deps.db,
    stored.filter((trace_id) => !spansOf.has(trace_id)),
  );
  const found = new Map<string, readonly unknown[] | Error>();
  for (const { trace_id = '', tags = {} } of infos) {
    const spans = isStored(tags)
      ? spansOf.get(trace_id)?.map(({ content }) => toWireSpan(content))
      : undefined;
    found.set(
      trace_id,
      spans ?? (await readElsewhere(deps, trace_id, moved.get(trace_id) ?? tags).catch(toAnswerable)),
    );
  }
  return found;
}

type Tags = Readonly<Record<string, string>>;

const isStored = (tags: Tags) => tags[TRACE_TAG.spansLocation] === 'TRACKING_STORE';

/** The tags of traces without spans once more: a Python server may have moved the spans to an archive just now. */
async function listTags(db: Db, trace_ids: readonly string[]): Promise<ReadonlyMap<string, Tags>> {
  if (trace_ids.length === 0) return new Map();
  const rows = Map.groupBy(await listTraceTags(db, trace_ids), ({ request_id }) => request_id);
  return new Map(
    [...rows].map(([trace_id, own]) => [
      trace_id,
      Object.fromEntries(own.map(({ key, value }) => [key, value ?? ''])),
    ]),
  );
}

async function readElsewhere(deps: ReadDeps, trace_id: string, tags: Tags): Promise<readonly unknown[]> {
  switch (tags[TRACE_TAG.spansLocation]) {
    case 'TRACKING_STORE':
      return [];
    case 'ARCHIVE_REPO':
      return (await readArchive(deps, trace_id, tags[TRACE_TAG.archiveLocation])).map(toWireSpan);
    default:
      return readFile(deps, trace_id, tags[TRACE_TAG.artifactLocation] ?? '');
  }
}

/** What is the file's fault, or that of where it lies, is an answer; all else a defect. */
function toAnswerable(error: unknown): Error {
  if (error instanceof MlflowError || error instanceof ArtifactError) return error;
  throw error;
}

async function readFile(deps: ReadDeps, trace_id: string, location: string): Promise<readonly unknown[]> {
  const bytes = await readBounded(await placeOf(deps, location, TRACE_FILE), {
    trace_id,
    file: TRACE_FILE,
    whenMissing: `The spans of the trace ${trace_id} have not arrived: neither the database nor its artifacts have any.`,
  });
  return parseFile(bytes.toString('utf8'), trace_id);
}

/** @throws MlflowError INVALID_STATE for a file that holds no spans. */
function parseFile(text: string, trace_id: string): unknown[] {
  try {
    const file = parsePythonJson(text);
    const spans = file instanceof Map ? file.get('spans') : undefined;
    if (!Array.isArray(spans)) throw new Error("it has no list of 'spans'");
    return spans.map((span) => {
      if (!(span instanceof Map)) throw new Error('one of its spans is no object');
      return toWireSpan(toPythonJson(span, { ascii: false }));
    });
  } catch (error) {
    throw new MlflowError(
      'INVALID_STATE',
      `The file ${TRACE_FILE} of the trace ${trace_id} is damaged: ${(error as Error).message}`,
      { cause: error },
    );
  }
}
