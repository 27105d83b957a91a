import type { ErrorComponentProps } from '@tanstack/react-router';
import { ErrorState } from '../errors/error-state.tsx';

/** A page that broke while being drawn; the rest of the shell stays usable. */
export function ErrorPage({ error: thrown, reset }: ErrorComponentProps) {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  // A script of an older build is gone after an upgrade: only a fresh page knows the new names.
  const isOutdated = /dynamically imported module|Importing a module script failed/i.test(error.message);
  return <ErrorState error={error} onRetry={isOutdated ? () => window.location.reload() : reset} />;
}
