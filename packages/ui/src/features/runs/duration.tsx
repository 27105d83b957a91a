import type { Run } from '@bitacora/protocol';
import { durationText, toMillis } from '../../format/time.ts';
import { useNow } from '../../format/time-ago.tsx';

/** How long a run took, or has been under way. */
export function Duration({ run: { info } }: { readonly run: Run }) {
  const now = useNow();
  const start = toMillis(info.start_time);
  const end = toMillis(info.end_time) ?? (info.status === 'RUNNING' ? now : undefined);
  if (start === undefined || end === undefined) return <span className="dim">–</span>;
  return <>{durationText(end - start)}</>;
}
