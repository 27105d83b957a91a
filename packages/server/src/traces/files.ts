import { Readable } from 'node:stream';
import { notFound } from '@bitacora/protocol';
import { type Place, placeOf } from '../artifacts/location.ts';
import type { ReadDeps } from '../deps.ts';
import { listSpans, type StoredSpan, toFileSpan } from '../spans/service.ts';
import { TRACE_TAG } from './keys.ts';
import { findTrace, listTraceTags } from './queries.ts';
import { archived, TRACE_FILE } from './span-source.ts';

/** Where clients put what is too large to stand in a span. */
const ATTACHMENTS = 'attachments';

/** A file of a trace: one that lies in its artifacts, or its spans from the database in the form of that file. */
export type TraceFile =
  | { readonly kind: 'stored'; readonly place: Place }
  | { readonly kind: 'made'; readonly name: string; readonly content: Readable };

/**
 * The spans of a trace as a file, complete or not, or one of its attachments.
 *
 * @throws MlflowError RESOURCE_DOES_NOT_EXIST, NOT_IMPLEMENTED for spans in an archive; ArtifactError for a bad path.
 */
export async function findTraceFile(
  deps: Pick<ReadDeps, 'db' | 'workspace' | 'scope' | 'settings' | 'artifacts'>,
  trace_id: string,
  attachment: string,
): Promise<TraceFile> {
  const { db, scope } = deps;
  if (!(await findTrace(db, scope, trace_id))) throw notFound('trace', trace_id);
  const tags = new Map((await listTraceTags(db, [trace_id])).map(({ key, value }) => [key, value ?? '']));
  const location = tags.get(TRACE_TAG.artifactLocation) ?? '';
  if (attachment !== '')
    return { kind: 'stored', place: await placeOf(deps, location, `${ATTACHMENTS}/${attachment}`) };
  switch (tags.get(TRACE_TAG.spansLocation)) {
    case 'TRACKING_STORE': {
      const spans = (await listSpans(db, [trace_id])).get(trace_id) ?? [];
      return { kind: 'made', name: TRACE_FILE, content: Readable.from(pieces(spans)) };
    }
    case 'ARCHIVE_REPO':
      throw archived(trace_id, tags.get(TRACE_TAG.archiveLocation));
    default:
      return { kind: 'stored', place: await placeOf(deps, location, TRACE_FILE) };
  }
}

function* pieces(spans: readonly StoredSpan[]) {
  let before = '{"spans": [';
  for (const { content } of spans) {
    yield before + toFileSpan(content);
    before = ', ';
  }
  yield spans.length === 0 ? `${before}]}` : ']}';
}
