import { traceEndpoints, traceLinkEndpoints, traceTagEndpoints, traceV2Endpoints } from '@bitacora/protocol';
import { handle, longRead } from '../http/routes.ts';
import { remove } from './delete.ts';
import * as reads from './get.ts';
import * as links from './links.ts';
import { search, searchV2 } from './search/search.ts';
import { start } from './start.ts';
import * as tags from './tags.ts';
import * as v2 from './v2.ts';

export const traceRoutes = [
  ...handle(traceEndpoints, {
    startTraceV3: start,
    getTraceInfoV3: reads.getInfo,
    getTrace: longRead(reads.get, { isComplete: reads.hasAllSpans, wait: reads.awaitSpans }),
    batchGetTraces: longRead(reads.batchGet),
    batchGetTraceInfos: longRead(reads.batchGetInfos),
    searchTracesV3: longRead(search),
    deleteTraces: remove,
    deleteTracesV3: remove,
  }),
  ...handle(traceTagEndpoints, {
    setTraceTag: (deps, { request_id, ...tag }) => tags.set(deps, { trace_id: request_id, ...tag }),
    setTraceTagV3: tags.set,
    deleteTraceTag: (deps, { request_id, key }) => tags.remove(deps, { trace_id: request_id, key }),
    deleteTraceTagV3: tags.remove,
  }),
  ...handle(traceLinkEndpoints, {
    linkTracesToRun: links.linkToRun,
    linkPromptsToTrace: links.linkPrompts,
  }),
  ...handle(traceV2Endpoints, {
    startTrace: v2.start,
    endTrace: v2.end,
    getTraceInfo: v2.getInfo,
    searchTraces: longRead(searchV2),
  }),
];
