import { createHash } from 'node:crypto';
import { sql, type Tx } from '@bitacora/db';

/** What Python's `str.strip` takes away; JavaScript's `trim` knows a few others. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: Python counts the separators among white space.
const AROUND = /^(?:(?!\ufeff)[\s\x1c-\x1f\x85])+|(?:(?!\ufeff)[\s\x1c-\x1f\x85])+$/g;

/** MLflow's `issue_category_hash`: categories that differ in letters' case or white space around them are one. */
export const categoryHash = (category: string) =>
  createHash('sha256').update(category.replace(AROUND, '').toLowerCase()).digest('hex');

/** The rows that searches by category read, beside the list in the issue itself. Of categories that are one the last is kept. */
export async function replaceCategories(
  tx: Tx,
  issue_id: string,
  categories: readonly string[],
): Promise<void> {
  await tx.run(sql`DELETE FROM issue_categories WHERE issue_id = ${issue_id}`);
  const rows = new Map(categories.map((category) => [categoryHash(category), category]));
  if (rows.size === 0) return;
  await tx.insert(
    { into: 'issue_categories', columns: ['issue_id', 'category_hash', 'category'] },
    [...rows].map(([hash, category]) => [issue_id, hash, category]),
  );
}
