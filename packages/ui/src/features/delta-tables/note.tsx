import type { ReactNode } from 'react';
import { ClockIcon, WarningIcon } from '../../icons/icons.tsx';
import classes from './delta-section.module.css';

interface NoteProps {
  readonly kind: 'busy' | 'warn' | 'bad';
  readonly children: ReactNode;
}

/** What one should know before one relies on what is shown. */
export function Note({ kind, children }: NoteProps) {
  return (
    <div className={classes.note} data-kind={kind} role="status">
      {kind === 'busy' ? <ClockIcon size={16} /> : <WarningIcon size={16} />}
      <div>{children}</div>
    </div>
  );
}
