import type { DeltaInput } from '@bitacora/protocol';
import { Button } from '@mantine/core';
import { useEffect } from 'react';
import { notifyFailure } from '../../app/notices.tsx';
import { TimeAgo } from '../../format/time-ago.tsx';
import { RefreshIcon } from '../../icons/icons.tsx';
import classes from './delta-section.module.css';
import { useRefreshDeltaInput } from './queries.ts';

interface LookNowProps {
  /** Any input of the table: the table is looked at, and what it could not be recorded of is tried again. */
  readonly input: Pick<DeltaInput, 'run_id' | 'delta_input_id'>;
  readonly checked: DeltaInput['latest']['checked_timestamp'];
  /** Whether to look without being asked, as somebody has come to see. */
  readonly isDue?: boolean;
  /** Which table it is, where there are several. */
  readonly table?: string;
}

/** When a table was looked at last, and a button to look again. */
export function LookNow({ input, checked, isDue = false, table }: LookNowProps) {
  const refresh = useRefreshDeltaInput();
  const { run_id, delta_input_id } = input;
  // biome-ignore lint/correctness/useExhaustiveDependencies: Once, when somebody comes to look.
  useEffect(() => {
    if (isDue) refresh.mutate({ run_id, delta_input_id });
  }, []);
  return (
    <span className={classes.checked}>
      {checked !== undefined && (
        <span className="dim">
          looked at <TimeAgo at={checked} />
        </span>
      )}
      <Button
        variant="subtle"
        size="compact-xs"
        leftSection={<RefreshIcon size={12} />}
        loading={refresh.isPending}
        aria-label={table === undefined ? undefined : `Look now at ${table}`}
        onClick={() =>
          refresh.mutate(
            { run_id, delta_input_id },
            { onError: notifyFailure('The table was not looked at') },
          )
        }
      >
        Look now
      </Button>
    </span>
  );
}
