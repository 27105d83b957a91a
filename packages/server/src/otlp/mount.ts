import { MlflowError } from '@bitacora/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../deps.ts';
import { limitBodyTime } from '../http/requests.ts';
import { sendRefusal } from '../http/transport.ts';
import { depsFor } from '../http/workspace.ts';
import type { ReaderPool } from '../readers/pool.ts';
import { logSpans } from '../spans/log.ts';
import { LongWrites } from '../spans/long-writes.ts';
import { unpackTraces } from '../spans/pack.ts';
import type { PreparedTrace } from '../spans/prepare.ts';
import { OtlpRefusal } from './export-request.ts';
import { type Encoding, type ExportBody, ExportTooLarge, MOST_BYTES, readExport } from './read-export.ts';

/** A body that holds more than this, in bytes and inflated, is read on a reader thread: about 10 ms of work. */
const READ_ELSEWHERE_BYTES = 256 * 1024;

/** Traces that take more than this are written one request at a time: some thousand spans, a tenth of a second. */
const LONG_BYTES = 4 * 1024 * 1024;

const FORMATS = new Map<string, ExportBody['format']>([
  ['application/x-protobuf', 'protobuf'],
  ['application/json', 'json'],
]);
const ENCODINGS: ReadonlySet<string> = new Set(['identity', 'gzip', 'deflate'] satisfies Encoding[]);

/**
 * OTLP over HTTP: `POST /v1/traces`, where every OpenTelemetry exporter sends spans. The experiment stands in the header
 * `x-mlflow-experiment-id`; `x-mlflow-run-id` links the traces whose root is there to a run.
 * https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
export function mountOtlp(app: FastifyInstance, deps: Deps, readers: ReaderPool): void {
  const longWrites = new LongWrites();
  limitBodyTime(app);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.post('/v1/traces', { bodyLimit: MOST_BYTES }, async (request, reply) => {
    const experiment_id = header(request, 'x-mlflow-experiment-id');
    if (experiment_id === undefined) return reply.code(422).send(MISSING_EXPERIMENT);
    const read = await readOnSomeThread(readers, toExportBody(request));
    if ('refusal' in read) return sendRefusal(request, reply, read.refusal);
    const run_id = header(request, 'x-mlflow-run-id');
    const write = () => logSpans(depsFor(deps, request), { experiment_id, run_id }, read.traces);
    await (read.isLong ? longWrites.run(write) : write());
    return sendEmpty(reply);
  });
}

/** An ExportTraceServiceResponse in which all is well has no bytes. MLflow answers it to JSON, too. */
const sendEmpty = (reply: FastifyReply) =>
  reply.code(200).header('content-type', 'application/x-protobuf').send(Buffer.alloc(0));

/** What FastAPI, which MLflow rests on here, says of a header that is not there. */
const MISSING_EXPERIMENT = {
  detail: [
    {
      type: 'missing',
      loc: ['header', 'x-mlflow-experiment-id'],
      msg: 'Field required',
      input: null,
    },
  ],
};

function header({ headers }: FastifyRequest, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** @throws OtlpRefusal */
function toExportBody(request: FastifyRequest): ExportBody {
  const type = header(request, 'content-type');
  const format = FORMATS.get((type ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '');
  if (!format) {
    throw new OtlpRefusal(
      `Invalid Content-Type: ${type ?? 'none'}. Expected: ${[...FORMATS.keys()].join(' or ')}.`,
    );
  }
  const encoding = (header(request, 'content-encoding') ?? 'identity').trim().toLowerCase();
  if (!ENCODINGS.has(encoding))
    throw new OtlpRefusal(`Unsupported Content-Encoding: ${encoding}. Expected: gzip or deflate.`);
  const body = request.body instanceof Uint8Array ? request.body : new Uint8Array();
  return { body, encoding: encoding as Encoding, format };
}

type Read =
  | { readonly traces: readonly PreparedTrace[]; readonly isLong: boolean }
  | { readonly refusal: Parameters<typeof sendRefusal>[2] };

/** Small bodies are read at once. What a compressed one becomes is known when it is too much. */
async function readOnSomeThread(readers: ReaderPool, given: ExportBody): Promise<Read> {
  if (given.body.length <= READ_ELSEWHERE_BYTES) {
    try {
      return { traces: [...readExport(given, READ_ELSEWHERE_BYTES)], isLong: false };
    } catch (error) {
      if (!(error instanceof ExportTooLarge)) throw error;
    }
  }
  // The thread is given the memory whole, which a small body shares with others.
  const body = isAlone(given.body) ? given.body : Uint8Array.from(given.body);
  const result = await readers.run({ kind: 'export', ...given, body });
  if (result.kind === 'refusal') return result;
  if (result.kind !== 'parsed') throw new MlflowError('INTERNAL_ERROR', 'A reader thread answered amiss.');
  const packed = result.input as Uint8Array<ArrayBuffer>;
  return { traces: await unpackTraces(packed), isLong: packed.length > LONG_BYTES };
}

const isAlone = ({ byteLength, buffer }: Uint8Array) =>
  buffer instanceof ArrayBuffer && buffer.byteLength === byteLength;
