import { randomBytes } from 'node:crypto';

/** Uploads in progress bear such a name beside their goal, where a store has files; listings pass over them. */
export const isPartial = (name: string): boolean => /^\.bitacora-partial-[0-9a-f]{16}$/.test(name);

export const partialName = (): string => `.bitacora-partial-${randomBytes(8).toString('hex')}`;
