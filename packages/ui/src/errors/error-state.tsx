import { ClientError } from '@bitacora/protocol';
import { Button } from '@mantine/core';
import { RefreshIcon, WarningIcon } from '../icons/icons.tsx';
import classes from './error-state.module.css';

/** What went wrong, in the server's words and with its code, and a way to try again. */
export function ErrorState({ error, onRetry }: { readonly error: Error; readonly onRetry?: () => void }) {
  const { code, message } = describeError(error);
  return (
    <div className={classes.box} role="alert">
      <WarningIcon size={20} className={classes.icon} />
      <div className={classes.words}>
        <strong className="mono">{code}</strong>
        <p>{message}</p>
        {onRetry && (
          <Button variant="default" leftSection={<RefreshIcon size={14} />} onClick={onRetry}>
            Try again
          </Button>
        )}
      </div>
    </div>
  );
}

export function describeError(error: Error): { readonly code: string; readonly message: string } {
  if (error instanceof ClientError) return { code: error.errorCode, message: error.message };
  // `fetch` says only that it failed.
  if (error instanceof TypeError && /fetch|network/i.test(error.message)) {
    return { code: 'NO_CONNECTION', message: 'The server cannot be reached. Is it running?' };
  }
  return { code: error.name, message: error.message };
}

export const isMissing = (error: Error): boolean => error instanceof ClientError && error.status === 404;
