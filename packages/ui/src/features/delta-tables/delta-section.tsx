import type { DeltaInput } from '@bitacora/protocol';
import { SegmentedControl } from '@mantine/core';
import { lazy, Suspense } from 'react';
import { CopyButton } from '../../app/copy-button.tsx';
import { PageSkeleton } from '../../app/page-skeleton.tsx';
import { ErrorState } from '../../errors/error-state.tsx';
import { bytesText, countText, plural } from '../../format/number.ts';
import { TimeAgo } from '../../format/time-ago.tsx';
import drawerClasses from '../datasets/dataset-drawer.module.css';
import type { DatasetName, DatasetSearch } from '../datasets/location.ts';
import { AvailabilityNote } from './availability-note.tsx';
import { ColumnsView } from './columns-view.tsx';
import classes from './delta-section.module.css';
import { LookNow } from './look-now.tsx';
import { Note } from './note.tsx';
import { useDeltaInput } from './queries.ts';
import { StaleBadge } from './stale-badge.tsx';

const RowsView = lazy(async () => ({ default: (await import('./rows-view.tsx')).RowsView }));
const DifferenceView = lazy(async () => ({
  default: (await import('./difference-view.tsx')).DifferenceView,
}));

interface DeltaSectionProps {
  readonly experimentId: string;
  readonly runId: string;
  readonly dataset: DatasetName;
  readonly view: DatasetSearch['datasetView'];
  readonly onView: (view: DatasetSearch['datasetView']) => void;
}

/** A data set that is a Delta table: which version a run has read, and what has become of the table since. */
export function DeltaSection({ experimentId, runId, dataset, view, onView }: DeltaSectionProps) {
  const { data: input, error, isPending, refetch } = useDeltaInput(runId, dataset);
  return (
    <section className={drawerClasses.section} aria-label="Delta table">
      <div className={drawerClasses.head}>
        <h3>Delta table</h3>
        {input && <StaleBadge behind={input.versions_behind} isReplaced={input.is_replaced} />}
        {input && (
          <LookNow
            key={input.delta_input_id}
            input={input}
            checked={input.latest.checked_timestamp}
            isDue={isOld(input)}
          />
        )}
      </div>
      {error && !input ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : isPending ? (
        <PageSkeleton />
      ) : input ? (
        <Known experimentId={experimentId} input={input} view={view} onView={onView} />
      ) : (
        <p className="dim">
          This server was not there when the table was logged, and has not looked at it yet.
        </p>
      )}
    </section>
  );
}

/** What was seen longer ago than this is looked at anew when the panel opens. */
const OLD_MS = 60_000;

const isOld = ({ status, latest }: DeltaInput) =>
  status === 'RECORDED' && Date.now() - Number(latest.checked_timestamp ?? 0) > OLD_MS;

interface KnownProps extends Pick<DeltaSectionProps, 'experimentId' | 'view' | 'onView'> {
  readonly input: DeltaInput;
}

function Known({ experimentId, input, view, onView }: KnownProps) {
  const { status, snapshot, error_message, latest } = input;
  return (
    <>
      <Versions input={input} />
      {status === 'PENDING' && <Note kind="busy">The snapshot is being recorded. {error_message ?? ''}</Note>}
      {status === 'UNAVAILABLE' && (
        <Note kind="bad">The server could not read this version. {error_message}</Note>
      )}
      {input.is_replaced && (
        <Note kind="warn">
          Another table stands at this place now: this one was deleted, or written anew.
        </Note>
      )}
      {status === 'RECORDED' && latest.error_message !== undefined && (
        <Note kind="warn">The table could not be looked at the last time. {latest.error_message}</Note>
      )}
      <AvailabilityNote input={input} />
      {snapshot && (
        <>
          <SegmentedControl
            size="xs"
            className={classes.views ?? ''}
            aria-label="What of the table"
            data={[
              { value: 'columns', label: 'Columns' },
              { value: 'rows', label: 'Rows' },
              { value: 'changes', label: 'Changes' },
            ]}
            value={view ?? 'columns'}
            onChange={(value) => onView(value === 'rows' || value === 'changes' ? value : undefined)}
          />
          <Suspense fallback={<PageSkeleton />}>
            {view === 'rows' ? (
              <RowsView input={input} />
            ) : view === 'changes' ? (
              <DifferenceView experimentId={experimentId} input={input} />
            ) : (
              <ColumnsView snapshot={snapshot} />
            )}
          </Suspense>
        </>
      )}
    </>
  );
}

function Versions({ input }: { readonly input: DeltaInput }) {
  const { named_version, version, snapshot, latest, logged_timestamp } = input;
  return (
    <dl className={drawerClasses.facts}>
      <dt>Table</dt>
      <dd className="mono">{input.table}</dd>
      <dt>Version read</dt>
      <dd>
        {version === undefined ? <span className="dim">not known yet</span> : String(version)}
        {snapshot?.timestamp !== undefined && (
          <span className="dim">
            , committed <TimeAgo at={snapshot.timestamp} />
          </span>
        )}
        {named_version === undefined && version !== undefined && (
          <span className="dim">
            ; no version was named, this one was current when it was logged, <TimeAgo at={logged_timestamp} />
          </span>
        )}
      </dd>
      {latest.latest_version !== undefined && (
        <>
          <dt>Latest version</dt>
          <dd>
            {String(latest.latest_version)}
            {latest.latest_timestamp !== undefined && (
              <span className="dim">
                , committed <TimeAgo at={latest.latest_timestamp} />
              </span>
            )}
          </dd>
        </>
      )}
      {snapshot && (
        <>
          <dt>Rows</dt>
          <dd>
            {snapshot.row_count === undefined
              ? 'not counted in the log'
              : countText(Number(snapshot.row_count))}
          </dd>
          <dt>Files</dt>
          <dd>
            {plural(Number(snapshot.file_count), 'file')}, {bytesText(Number(snapshot.size_bytes))}
          </dd>
          <dt>Partitioned by</dt>
          <dd>
            {snapshot.partition_columns.length === 0 ? 'nothing' : snapshot.partition_columns.join(', ')}
          </dd>
          <dt>Digest of files</dt>
          <dd>
            <span className="mono" title={snapshot.file_list_digest}>
              {snapshot.file_list_digest.slice(0, 16)}…
            </span>{' '}
            <CopyButton value={snapshot.file_list_digest} what="digest of the files" />
          </dd>
        </>
      )}
    </dl>
  );
}
