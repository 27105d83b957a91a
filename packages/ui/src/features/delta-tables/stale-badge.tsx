import { countText, plural } from '../../format/number.ts';
import classes from './stale-badge.module.css';
import type { Count } from './values.ts';

interface StaleBadgeProps {
  /** So many versions has the table moved on; undefined where that is not known. */
  readonly behind: Count;
  readonly isReplaced: boolean;
  /** Where there is little room. */
  readonly isShort?: boolean;
}

/** Whether a Delta table is still what a run has read. */
export function StaleBadge({ behind, isReplaced, isShort = false }: StaleBadgeProps) {
  if (isReplaced) return <span className={classes.stale}>replaced</span>;
  if (behind === undefined) return null;
  const count = Number(behind);
  return count === 0 ? (
    <span className={classes.fresh}>up to date</span>
  ) : (
    <span className={classes.stale} title="So many versions has the table moved on since">
      {isShort ? countText(count) : plural(count, 'version')} behind
    </span>
  );
}
