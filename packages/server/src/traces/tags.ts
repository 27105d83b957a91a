import { invalidParameter, notFound } from '@bitacora/protocol';
import type { Deps } from '../deps.ts';
import { checkKey } from '../limits/keys.ts';
import { fit } from '../limits/values.ts';
import { TRACE_TAG } from './keys.ts';
import { checkTraceName } from './promoted.ts';
import { deleteTraceTag, findTrace, updateTrace, upsertTraceTags } from './queries.ts';

/** MLflow's cap on the value of a tag, in characters. */
const VALUE_CHARACTERS = 8000;

/** The server's own record of where the spans are: whoever changed it would hide them. */
const FIXED = new Set<string>([
  TRACE_TAG.spansLocation,
  TRACE_TAG.archiveLocation,
  TRACE_TAG.archivalFailure,
]);

export async function set(
  { write, scope, settings }: Deps,
  { trace_id, key, value }: { readonly trace_id: string; readonly key: string; readonly value: string },
) {
  if (FIXED.has(key)) throw immutable(key, 'set');
  checkKey('tag', key, 'key');
  const fitted = fit(value, VALUE_CHARACTERS, { cut: settings.truncateLongValues, path: 'value' });
  await write(async (tx) => {
    if (!(await findTrace(tx, scope, trace_id))) throw notFound('trace', trace_id);
    if (key === TRACE_TAG.name) await updateTrace(tx, trace_id, { trace_name: checkTraceName(fitted) });
    else await upsertTraceTags(tx, [{ request_id: trace_id, key, value: fitted }]);
  });
  return {};
}

export async function remove(
  { write, scope }: Deps,
  { trace_id, key }: { readonly trace_id: string; readonly key: string },
) {
  // Removing the mark of a failure is how an operator lets the archive try again.
  if (FIXED.has(key) && key !== TRACE_TAG.archivalFailure) throw immutable(key, 'deleted');
  await write(async (tx) => {
    const row = await findTrace(tx, scope, trace_id);
    if (!row) throw notFound('trace', trace_id);
    if (key === TRACE_TAG.name) {
      if (row.trace_name === null) throw notFound(`tag on trace ${trace_id}`, key, 'key');
      await updateTrace(tx, trace_id, { trace_name: null });
    } else if ((await deleteTraceTag(tx, trace_id, key)).changes === 0) {
      throw notFound(`tag on trace ${trace_id}`, key, 'key');
    }
  });
  return {};
}

const immutable = (key: string, what: 'set' | 'deleted') =>
  invalidParameter(`Tag '${key}' is immutable and cannot be ${what} on a trace.`);
