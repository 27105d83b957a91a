import { optional, required } from './wire/field.ts';
import { message } from './wire/message.ts';
import { enumOf, string } from './wire/scalars.ts';

/** Old clients spell it `run_uuid`; MLflow accepts that on some calls and ignores it on others, we accept it on all. */
export const runId = () => required(string(), { aliases: ['run_uuid', 'runUuid'] });

/** A decimal number as text. */
export const experimentId = () => required(string());

/** A tag or parameter as it is sent: an absent value is stored as `""`. */
export const keyValue = message({ key: required(string()), value: optional(string()) });

export const viewType = enumOf({ ACTIVE_ONLY: 1, DELETED_ONLY: 2, ALL: 3 });
export type ViewType = 'ACTIVE_ONLY' | 'DELETED_ONLY' | 'ALL';

export const runStatus = enumOf({ RUNNING: 1, SCHEDULED: 2, FINISHED: 3, FAILED: 4, KILLED: 5 });
export type RunStatus = 'RUNNING' | 'SCHEDULED' | 'FINISHED' | 'FAILED' | 'KILLED';
