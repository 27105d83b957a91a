import { describe, test } from 'vitest';

/** What a store has no part in is not declared at all: a test that is skipped is one that could not be had. */
const none = (() => undefined) as unknown as typeof test;

export const testIf = (isMeant: unknown): typeof test => (isMeant ? test : none);
export const describeIf = (isMeant: unknown): typeof describe =>
  isMeant ? describe : ((() => undefined) as unknown as typeof describe);
