import type { RunStatus } from '@bitacora/protocol';
import { ClockIcon, FailedIcon, FinishedIcon, KilledIcon, RunningIcon } from '../../icons/icons.tsx';
import classes from './run-status.module.css';

const STATUSES: Readonly<Record<RunStatus, { readonly label: string; readonly Icon: typeof ClockIcon }>> = {
  RUNNING: { label: 'Running', Icon: RunningIcon },
  SCHEDULED: { label: 'Scheduled', Icon: ClockIcon },
  FINISHED: { label: 'Finished', Icon: FinishedIcon },
  FAILED: { label: 'Failed', Icon: FailedIcon },
  KILLED: { label: 'Killed', Icon: KilledIcon },
};

/** The status in a sign, a word and a colour: none of them alone. */
export function RunStatusLabel({ status }: { readonly status: RunStatus }) {
  const { label, Icon } = STATUSES[status];
  return (
    <span className={classes.status} data-status={status}>
      <Icon size={15} className={classes.icon} />
      {label}
    </span>
  );
}
