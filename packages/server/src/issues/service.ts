import { isUniqueViolation, type ObservedIssueRow } from '@bitacora/db';
import {
  type createIssue,
  type Input,
  invalidParameter,
  MlflowError,
  notFound,
  printPythonJson,
  type updateIssue,
} from '@bitacora/protocol';
import type { Deps, ReadDeps } from '../deps.ts';
import { requireNotDeleted } from '../experiments/service.ts';
import { requireRun } from '../runs/active.ts';
import { replaceCategories } from './categories.ts';
import {
  checkBytes,
  checkEntries,
  checkObservation,
  checkSeverity,
  checkStatus,
  checkTexts,
} from './checks.ts';
import { fromTexts, holdsObservations, toIssue, toMap } from './issue.ts';
import * as queries from './queries.ts';

export async function create({ db, write, clock, random, scope }: Deps, input: Input<typeof createIssue>) {
  const observed = await holdsObservations(db);
  checkTexts(input);
  if (observed) checkObservation(input);
  const status = checkStatus(input.status);
  const severity = input.severity === undefined ? null : checkSeverity(input.severity);
  const run_id = input.source_run_id || null;
  const lists = { root_causes: fromTexts(input.root_causes), categories: fromTexts(input.categories) };
  for (const [name, text] of Object.entries(lists)) checkBytes(text ?? '', name);
  const metadata = Object.entries(input.metadata ?? {});
  const issue_id = (observed ? input.issue_id : undefined) ?? `iss-${random.hexId()}`;
  const work = write(async (tx) => {
    const experiment_id = await requireNotDeleted(tx, scope, input.experiment_id);
    const run = run_id === null ? undefined : await requireRun(tx, scope, run_id);
    if (observed && run && String(run.experiment_id) !== String(experiment_id))
      throw invalidParameter(
        `Invalid value '${run_id}' for parameter 'source_run_id': the run belongs to experiment ${run.experiment_id}, the issue to ${experiment_id}.`,
      );
    const nowMs = clock.nowMs();
    const created_by = input.created_by || null;
    const row: ObservedIssueRow = {
      issue_id,
      experiment_id,
      name: input.name,
      description: input.description,
      status,
      severity,
      ...lists,
      source_run_id: run_id,
      created_timestamp: nowMs,
      last_updated_timestamp: nowMs,
      created_by,
      last_seen_timestamp: input.last_seen_timestamp ?? nowMs,
      last_updated_by: created_by,
      metadata: metadata.length === 0 ? null : printPythonJson(new Map(metadata)),
    };
    await queries.insertIssue(tx, row, observed);
    if (observed) await replaceCategories(tx, issue_id, input.categories);
    return { issue: toIssue(row, { observed }) };
  });
  try {
    return await work;
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new MlflowError(
      'RESOURCE_ALREADY_EXISTS',
      `The issue '${issue_id}' exists already. Choose another issue_id, or leave it out.`,
    );
  }
}

export async function update({ db, write, clock, scope }: Deps, input: Input<typeof updateIssue>) {
  const observed = await holdsObservations(db);
  checkTexts(input);
  if (observed) checkObserved(input);
  const status = input.status && checkStatus(input.status);
  const severity = input.severity && checkSeverity(input.severity);
  return write(async (tx) => {
    const found = await queries.lockIssue(tx, scope, input.issue_id, observed);
    if (!found) throw notFound('Issue', input.issue_id);
    const row: ObservedIssueRow = {
      ...found,
      name: input.name || found.name,
      description: (observed ? input.description : input.description || undefined) ?? found.description,
      status: status || found.status,
      severity: severity || found.severity,
      last_updated_timestamp: clock.nowMs(),
      ...(observed ? observe(found, input) : {}),
    };
    await queries.updateIssue(tx, row, observed);
    if (observed && input.categories) await replaceCategories(tx, row.issue_id, input.categories);
    return { issue: toIssue(row, { observed }) };
  });
}

/** What MLflow's servers do since 3.18: what is given must be something, though before an empty text changed nothing. */
function checkObserved(input: Input<typeof updateIssue>): void {
  if (input.name === '')
    throw invalidParameter("Invalid value '' for parameter 'name': it must not be empty.");
  if (input.status !== undefined) checkStatus(input.status);
  if (input.severity !== undefined) checkSeverity(input.severity);
  checkObservation(input);
}

/** The columns of 3.18 after the change. */
function observe(found: ObservedIssueRow, input: Input<typeof updateIssue>): Partial<ObservedIssueRow> {
  const { categories, last_seen_timestamp: seen, metadata, delete_metadata_keys } = input;
  const seenBefore = found.last_seen_timestamp ?? found.created_timestamp;
  const merged = toMap(found.metadata);
  for (const [key, value] of Object.entries(metadata ?? {})) merged.set(key, value);
  for (const key of delete_metadata_keys) merged.delete(key);
  checkEntries([...merged.keys()], 'metadata');
  const isMetadataChanged = Object.keys(metadata ?? {}).length > 0 || delete_metadata_keys.length > 0;
  return {
    ...(categories && { categories: fromTexts([...new Set(categories)]) }),
    ...(seen !== undefined && { last_seen_timestamp: seen > seenBefore ? seen : seenBefore }),
    ...(input.last_updated_by && { last_updated_by: input.last_updated_by }),
    ...(isMetadataChanged && { metadata: printPythonJson(merged) }),
  };
}

export async function get({ db, scope }: ReadDeps, { issue_id }: { readonly issue_id: string }) {
  const observed = await holdsObservations(db);
  const row = await queries.findIssue(db, scope, issue_id, observed);
  if (!row) throw notFound('Issue', issue_id);
  return { issue: toIssue(row, { observed }) };
}
