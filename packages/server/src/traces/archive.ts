import { ArtifactError } from '@bitacora/artifacts';
import { MlflowError } from '@bitacora/protocol';
import { type PlaceDeps, placeOf } from '../artifacts/location.ts';
import { OtlpRefusal, type OtlpSpan, toSpan } from '../otlp/export-request.ts';
import { decodeProtobuf } from '../otlp/protobuf.ts';
import { toContent } from '../spans/content.ts';
import { readBounded } from './trace-files.ts';

/** The file of the spans in the archive of a trace: a TracesData of OTLP, which reads as an export request does. */
export const ARCHIVE_FILE = 'traces.pb';

/** The attribute by which MLflow's spans name their trace. */
const TRACE_ID = 'mlflow.traceRequestId';

/**
 * The spans of a trace that a Python server has moved to an archive, as the database had them: roots first, then in
 * the order they began.
 *
 * @throws MlflowError RESOURCE_DOES_NOT_EXIST where the file is gone, INVALID_STATE where it is damaged or too large, or
 * nobody knows where it is; NOT_IMPLEMENTED where it lies in a store that is not served.
 */
export async function readArchive(
  deps: PlaceDeps,
  trace_id: string,
  location: string | undefined,
): Promise<string[]> {
  if (!location)
    throw new MlflowError(
      'INVALID_STATE',
      `The spans of the trace ${trace_id} were moved to an archive, and no tag says where it is.`,
    );
  const place = await placeOf(deps, location, ARCHIVE_FILE).catch((error: unknown) => {
    if (!isElsewhere(error)) throw error;
    throw new MlflowError(
      'NOT_IMPLEMENTED',
      `The spans of the trace ${trace_id} were moved to an archive that this server does not serve: ${location}.`,
      { cause: error },
    );
  });
  const bytes = await readBounded(place, {
    trace_id,
    file: ARCHIVE_FILE,
    whenMissing: `The spans of the trace ${trace_id} were moved to an archive, where they are no longer: ${location}.`,
  });
  return decode(bytes, trace_id)
    .sort(byStart)
    .map((span) => toContent(span, withTraceId(span)));
}

const isElsewhere = (error: unknown) =>
  error instanceof ArtifactError
    ? error.kind === 'unsupported'
    : error instanceof MlflowError && error.errorCode === 'NOT_IMPLEMENTED';

/** @throws MlflowError INVALID_STATE */
function decode(bytes: Buffer, trace_id: string): OtlpSpan[] {
  try {
    // Whatever was stored was archived, so nothing is asked of its times.
    const spans = decodeProtobuf(bytes, { toSpan, form: 'plain' }).flatMap((group) =>
      group.spans.map((span) => span.read()),
    );
    const traces = new Set(spans.map((span) => span.trace_id));
    if (traces.size !== 1) throw new OtlpRefusal(`It holds spans of ${traces.size} traces in place of one.`);
    return spans;
  } catch (error) {
    if (!(error instanceof OtlpRefusal)) throw error;
    throw new MlflowError(
      'INVALID_STATE',
      `The file ${ARCHIVE_FILE} in the archive of the trace ${trace_id} is damaged: ${error.message}`,
      { cause: error },
    );
  }
}

function withTraceId({ trace_id, attributes }: OtlpSpan): ReadonlyMap<string, string> {
  if (!attributes.has(TRACE_ID)) attributes.set(TRACE_ID, JSON.stringify(`tr-${trace_id}`));
  return attributes;
}

function byStart(left: OtlpSpan, right: OtlpSpan): number {
  const isChild = (span: OtlpSpan) => Number(span.parent_span_id !== null);
  if (isChild(left) !== isChild(right)) return isChild(left) - isChild(right);
  if (left.start_ns !== right.start_ns) return left.start_ns < right.start_ns ? -1 : 1;
  return left.span_id < right.span_id ? -1 : 1;
}
