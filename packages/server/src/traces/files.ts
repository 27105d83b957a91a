import { Readable } from 'node:stream';
import { notFound } from '@bitacora/protocol';
import { type Place, type PlaceDeps, placeOf } from '../artifacts/location.ts';
import { listSpans, toFileSpan } from '../spans/service.ts';
import { readArchive } from './archive.ts';
import { TRACE_TAG } from './keys.ts';
import { findTrace, listTraceTags } from './queries.ts';
import { TRACE_FILE } from './span-source.ts';

/** Where clients put what is too large to stand in a span. */
const ATTACHMENTS = 'attachments';

/** A file of a trace: one that lies in its artifacts, or its spans from the database or an archive in the form of that file. */
export type TraceFile =
  | { readonly kind: 'stored'; readonly place: Place }
  | { readonly kind: 'made'; readonly name: string; readonly content: Readable };

/**
 * The spans of a trace as a file, complete or not, or one of its attachments.
 *
 * @throws MlflowError RESOURCE_DOES_NOT_EXIST, and what reading an archive throws; ArtifactError for a bad path.
 */
export async function findTraceFile(
  deps: PlaceDeps,
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
      return made(spans.map(({ content }) => content));
    }
    case 'ARCHIVE_REPO':
      return made(await readArchive(deps, trace_id, tags.get(TRACE_TAG.archiveLocation)));
    default:
      return { kind: 'stored', place: await placeOf(deps, location, TRACE_FILE) };
  }
}

const made = (contents: readonly string[]): TraceFile => ({
  kind: 'made',
  name: TRACE_FILE,
  content: Readable.from(pieces(contents)),
});

function* pieces(contents: readonly string[]) {
  let before = '{"spans": [';
  for (const content of contents) {
    yield before + toFileSpan(content);
    before = ', ';
  }
  yield contents.length === 0 ? `${before}]}` : ']}';
}
