import type { LoggedModelStatus } from '@bitacora/protocol';
import { ClockIcon, FailedIcon, FinishedIcon } from '../../icons/icons.tsx';
import runClasses from '../runs/run-status.module.css';

const STATUSES: Readonly<
  Record<
    LoggedModelStatus,
    { readonly label: string; readonly Icon: typeof ClockIcon; readonly like: string }
  >
> = {
  LOGGED_MODEL_STATUS_UNSPECIFIED: { label: 'Unknown', Icon: ClockIcon, like: 'SCHEDULED' },
  LOGGED_MODEL_PENDING: { label: 'Pending', Icon: ClockIcon, like: 'SCHEDULED' },
  LOGGED_MODEL_READY: { label: 'Ready', Icon: FinishedIcon, like: 'FINISHED' },
  LOGGED_MODEL_UPLOAD_FAILED: { label: 'Upload failed', Icon: FailedIcon, like: 'FAILED' },
};

export function ModelStatusLabel({ status }: { readonly status: LoggedModelStatus }) {
  const { label, Icon, like } = STATUSES[status];
  return (
    <span className={runClasses.status} data-status={like}>
      <Icon size={15} className={runClasses.icon} />
      {label}
    </span>
  );
}
