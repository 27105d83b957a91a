import type { Readable } from 'node:stream';
import { ArtifactError } from '@bitacora/artifacts';
import { parsePythonJson, toPythonJson } from '@bitacora/db';
import { MlflowError, type TraceInfo } from '@bitacora/protocol';
import { placeOf } from '../artifacts/location.ts';
import type { ReadDeps } from '../deps.ts';
import { listSpans, toWireSpan } from '../spans/service.ts';
import { TRACE_TAG } from './keys.ts';

/** The file of the spans in a trace's artifacts. */
export const TRACE_FILE = 'traces.json';

/** A larger file is downloaded by the client itself, which MLflow's clients do anyway. */
const MOST_FILE_BYTES = 64 * 1024 * 1024;

/**
 * The spans of each trace in the JSON form of OpenTelemetry's protobuf, wherever they are: in the database, or in the
 * file that clients upload where a server takes no spans. An error stands where they cannot be had.
 */
export async function loadSpans(
  deps: ReadDeps,
  infos: readonly TraceInfo[],
): Promise<ReadonlyMap<string, readonly unknown[] | Error>> {
  const stored = infos.filter(({ tags }) => tags?.[TRACE_TAG.spansLocation] === 'TRACKING_STORE');
  const spansOf = await listSpans(
    deps.db,
    stored.map(({ trace_id }) => trace_id ?? ''),
  );
  const found = new Map<string, readonly unknown[] | Error>();
  for (const info of infos) {
    const { trace_id = '', tags } = info;
    switch (tags?.[TRACE_TAG.spansLocation]) {
      case 'TRACKING_STORE':
        found.set(
          trace_id,
          (spansOf.get(trace_id) ?? []).map(({ content }) => toWireSpan(content)),
        );
        break;
      case 'ARCHIVE_REPO':
        found.set(trace_id, archived(trace_id, tags[TRACE_TAG.archiveLocation]));
        break;
      default:
        found.set(trace_id, await readFile(deps, info).catch(toAnswerable));
    }
  }
  return found;
}

/** A Python server has moved the spans; the client that it belongs to can still read them there. */
export const archived = (trace_id: string, location: string | undefined) =>
  new MlflowError(
    'NOT_IMPLEMENTED',
    `The spans of the trace ${trace_id} were moved to an archive (${location ?? 'unknown'}), which this server cannot read.`,
  );

/** What is the file's fault, or that of where it lies, is an answer; all else a defect. */
function toAnswerable(error: unknown): Error {
  if (error instanceof MlflowError || error instanceof ArtifactError) return error;
  throw error;
}

async function readFile(deps: ReadDeps, { trace_id = '', tags }: TraceInfo): Promise<readonly unknown[]> {
  const place = await placeOf(deps, tags?.[TRACE_TAG.artifactLocation] ?? '', TRACE_FILE);
  const file = await place.artifacts.find(place.path).catch((error: unknown) => {
    if (!(error instanceof ArtifactError) || error.kind !== 'not_found') throw error;
    throw new MlflowError(
      'RESOURCE_DOES_NOT_EXIST',
      `The spans of the trace ${trace_id} have not arrived: neither the database nor its artifacts have any.`,
    );
  });
  if (file.size_bytes > MOST_FILE_BYTES) {
    await file.close();
    throw new MlflowError(
      'INVALID_STATE',
      `The spans of the trace ${trace_id} are a file of ${file.size_bytes} bytes, more than the ${MOST_FILE_BYTES} that are answered in one piece. Download ${TRACE_FILE} from its artifacts.`,
    );
  }
  return parseFile(await readText(file.open()), trace_id);
}

async function readText(stream: Readable): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks).toString('utf8');
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
