import { Button, CloseButton } from '@mantine/core';
import { useSyncExternalStore } from 'react';
import { FailedIcon, FinishedIcon } from '../icons/icons.tsx';
import classes from './notices.module.css';

export interface Notice {
  readonly kind: 'done' | 'failed';
  readonly text: string;
  readonly action?: { readonly label: string; readonly run: () => void };
}

interface ShownNotice extends Notice {
  readonly id: number;
}

/** Long enough to read and to reach for Undo. */
const SHOWN_FOR_MS = 8_000;

let shown: readonly ShownNotice[] = [];
let nextId = 1;
const listeners = new Set<() => void>();

function change(next: readonly ShownNotice[]): void {
  shown = next;
  for (const listener of listeners) listener();
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

const dismiss = (id: number) => change(shown.filter((notice) => notice.id !== id));

/** A short message in the corner, with one thing to do about it if need be. */
export function notify(notice: Notice): void {
  const id = nextId++;
  change([...shown.slice(-3), { ...notice, id }]);
  setTimeout(() => dismiss(id), SHOWN_FOR_MS);
}

export const notifyFailure = (what: string) => (error: Error) =>
  notify({ kind: 'failed', text: `${what}: ${error.message}` });

export function Notices() {
  const notices = useSyncExternalStore(subscribe, () => shown);
  return (
    <section className={classes.corner} aria-label="Messages" aria-live="polite">
      {notices.map(({ id, kind, text, action }) => (
        <div
          key={id}
          className={classes.notice}
          data-kind={kind}
          role={kind === 'failed' ? 'alert' : 'status'}
        >
          {kind === 'failed' ? <FailedIcon size={18} /> : <FinishedIcon size={18} />}
          <span className={classes.text}>{text}</span>
          {action && (
            <Button
              variant="light"
              size="compact-xs"
              onClick={() => {
                dismiss(id);
                action.run();
              }}
            >
              {action.label}
            </Button>
          )}
          <CloseButton size="sm" aria-label="Dismiss" onClick={() => dismiss(id)} />
        </div>
      ))}
    </section>
  );
}
