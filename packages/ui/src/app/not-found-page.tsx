import { Link, useLocation } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { PagePlace } from './breadcrumb.tsx';
import { Logo } from './logo.tsx';
import classes from './page.module.css';

/** No such page, or no such thing: says which, and where to go from here. */
export function NotFound({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <div className={classes.center}>
      <PagePlace crumbs={[{ label: 'Experiments', to: '/experiments' }, { label: title }]} />
      <div className={classes.compass}>
        <Logo size={44} />
      </div>
      <h1>{title}</h1>
      {children}
      <p>
        <Link to="/experiments">All experiments</Link>
      </p>
    </div>
  );
}

/** Rooms of MLflow that this server does not have yet; their addresses are known, so the page can say so. */
const LATER: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/^\/(models|compare-model-versions)\b/, 'The model registry'],
  [/^\/prompts\b/, 'The prompt registry'],
  [/^\/gateway\b/, 'The AI gateway'],
  [/^\/(settings|account|admin)\b/, 'This settings page'],
  [/\/(traces|chat-sessions)\b/, 'Tracing'],
  [/\/(evaluation-runs|evaluations|judges|review-queue|datasets|playground|prompts)\b/, 'Evaluation'],
];

export function NotFoundPage() {
  const { pathname } = useLocation();
  const later = LATER.find(([pattern]) => pattern.test(pathname));
  const experiment = /^\/experiments\/([^/]+)(?:\/runs\/([^/]+))?/.exec(pathname);
  return (
    <NotFound title="Page not found">
      <p>
        {later ? `${later[1]} is not part of these pages yet. ` : ''}There is no page at{' '}
        <code>{pathname.slice(0, 300)}</code>.
      </p>
      {experiment?.[1] !== undefined && (
        <p>
          {experiment[2] !== undefined ? (
            <Link
              to="/experiments/$experimentId/runs/$runId"
              params={{ experimentId: experiment[1], runId: experiment[2] }}
            >
              The run it belongs to
            </Link>
          ) : (
            <Link to="/experiments/$experimentId/runs" params={{ experimentId: experiment[1] }}>
              The experiment it belongs to
            </Link>
          )}
        </p>
      )}
    </NotFound>
  );
}
