import { invalidParameter, preview } from '@bitacora/protocol';
import { checkLength } from '../limits/values.ts';

/** MLflow's caps, in characters and entries. */
const NAME_CHARACTERS = 250;
const SCHEMA_ID_CHARACTERS = 36;
const ITEM_ID_CHARACTERS = 50;
const MOST_USERS = 10;

/** Users are told apart without regard to the case of letters. */
export const toUser = (user: string, path: string): string =>
  checked(user.trim().toLowerCase(), NAME_CHARACTERS, path);

export function toUsers(users: readonly string[]): readonly string[] {
  const distinct = [...new Set(users.map((user, index) => toUser(user, `users[${index}]`)))];
  if (distinct.length > MOST_USERS)
    throw invalidParameter(
      `Invalid value for parameter 'users': a review queue has at most ${MOST_USERS} users, not ${distinct.length}.`,
    );
  return distinct;
}

export const toSchemaIds = (ids: readonly string[]) => [
  ...new Set(ids.map((id, index) => checked(id.trim(), SCHEMA_ID_CHARACTERS, `schema_ids[${index}]`))),
];

export function toItemIds(ids: readonly string[]): readonly string[] {
  if (ids.length === 0) throw invalidParameter("Invalid value for parameter 'item_ids': give at least one.");
  return [...new Set(ids.map((id, index) => checked(id.trim(), ITEM_ID_CHARACTERS, `item_ids[${index}]`)))];
}

export const toOwner = (owner: string) => checked(owner.trim(), NAME_CHARACTERS, 'new_owner');

export function toQueueName(name: string): string {
  const trimmed = checked(name.trim(), NAME_CHARACTERS, 'name');
  if (trimmed.toLowerCase() === 'default')
    throw invalidParameter(`Invalid value '${preview(name)}' for parameter 'name': it is reserved.`);
  return trimmed;
}

function checked(text: string, most: number, path: string): string {
  if (text === '') throw invalidParameter(`Invalid value for parameter '${path}': it must not be blank.`);
  checkLength(text, most, path);
  return text;
}
