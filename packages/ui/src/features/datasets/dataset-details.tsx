import type { getRunDataset, Response } from '@bitacora/protocol';
import { Link } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { baseUrl } from '../../api/client.ts';
import { CopyButton } from '../../app/copy-button.tsx';
import { PageSkeleton } from '../../app/page-skeleton.tsx';
import { plural } from '../../format/number.ts';
import { TimeAgo } from '../../format/time-ago.tsx';
import { useDeltaInput } from '../delta-tables/queries.ts';
import { useGetRun } from '../runs/queries.ts';
import { runName } from '../runs/run-data.ts';
import { ContextLabel } from './dataset-chips.tsx';
import classes from './dataset-drawer.module.css';
import { loadInPython } from './load-in-python.ts';
import { type DatasetSearch, datasetFilter } from './location.ts';
import { ProfileSection } from './profile-section.tsx';
import { SchemaSection } from './schema-section.tsx';
import { sourceOfRun } from './source-of-run.ts';
import { SourceSection } from './source-section.tsx';
import { TextBlock } from './text-block.tsx';

const DeltaSection = lazy(async () => ({
  default: (await import('../delta-tables/delta-section.tsx')).DeltaSection,
}));

interface DatasetDetailsProps {
  readonly experimentId: string;
  readonly found: Response<typeof getRunDataset>;
  /** The run that it was opened from. */
  readonly runId: string | undefined;
  readonly view: DatasetSearch['datasetView'];
  readonly onView: (view: DatasetSearch['datasetView']) => void;
}

export function DatasetDetails({ experimentId, found, runId, view, onView }: DatasetDetailsProps) {
  const { dataset, contexts = [], run_count, last_run_time, last_run_id } = found;
  const { name = '', digest = '', schema = '', profile = '' } = dataset;
  const usedBy = runId ?? last_run_id;
  const isTable = dataset.source_type === 'delta_table';
  const { data: input } = useDeltaInput(isTable ? usedBy : undefined, { name, digest });
  const pinned = input?.version === undefined ? undefined : Number(input.version);
  const { source, isOther: isOtherKept } = input
    ? sourceOfRun(dataset.source ?? '', input)
    : { source: dataset.source ?? '', isOther: false };
  const python = usedBy && loadInPython({ ...dataset, source }, usedBy, baseUrl, { pinned, isOtherKept });
  return (
    <>
      <dl className={classes.facts}>
        <dt>Digest</dt>
        <dd>
          <span className="mono">{digest}</span> <CopyButton value={digest} what="digest" />
        </dd>
        {contexts.length > 0 && (
          <>
            <dt>Read for</dt>
            <dd className={classes.contexts}>
              {contexts.map((context) => (
                <ContextLabel key={context} context={context} />
              ))}
            </dd>
          </>
        )}
        <dt>Read by</dt>
        <dd>
          <Link
            to="/experiments/$experimentId/runs"
            params={{ experimentId }}
            search={{ searchFilter: datasetFilter({ name, digest }) }}
          >
            {plural(Number(run_count), 'run')} of this experiment
          </Link>
          {last_run_time !== undefined && (
            <span className="dim">
              , the newest <TimeAgo at={last_run_time} />
            </span>
          )}
        </dd>
        {runId !== undefined && <OpenedFrom experimentId={experimentId} runId={runId} />}
      </dl>
      {isTable && usedBy !== undefined && (
        <Suspense fallback={<PageSkeleton />}>
          <DeltaSection
            experimentId={experimentId}
            runId={usedBy}
            dataset={{ name, digest }}
            view={view}
            onView={onView}
          />
        </Suspense>
      )}
      <SourceSection sourceType={dataset.source_type ?? ''} source={source}>
        {isOtherKept && (
          <p className="dim">
            As {runId === undefined ? 'the newest run' : 'this run'} has logged it. MLflow’s clients are given
            that of the first run with this name and digest, which was another.
          </p>
        )}
      </SourceSection>
      {profile !== '' && <ProfileSection text={profile} />}
      {schema !== '' && <SchemaSection text={schema} />}
      {python !== undefined && (
        <section className={classes.section}>
          <div className={classes.head}>
            <h3>Load it in Python</h3>
            <CopyButton value={python} what="the Python code" />
          </div>
          <TextBlock label="Python code" text={python} />
        </section>
      )}
    </>
  );
}

function OpenedFrom({ experimentId, runId }: { readonly experimentId: string; readonly runId: string }) {
  const { data } = useGetRun(runId);
  return (
    <>
      <dt>Opened from</dt>
      <dd>
        <Link to="/experiments/$experimentId/runs/$runId" params={{ experimentId, runId }}>
          {data ? runName(data.run) : runId}
        </Link>
      </dd>
    </>
  );
}
