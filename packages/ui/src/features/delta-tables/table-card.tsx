import type { DeltaTableVersion, ExperimentDeltaTable } from '@bitacora/protocol';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { CopyButton } from '../../app/copy-button.tsx';
import { plural } from '../../format/number.ts';
import { TimeAgo } from '../../format/time-ago.tsx';
import { DatasetIcon } from '../../icons/icons.tsx';
import { ScrollRegion } from '../../table/scroll-region.tsx';
import { DatasetLink } from '../datasets/dataset-link.tsx';
import panelClasses from '../runs/panel.module.css';
import { LookNow } from './look-now.tsx';
import { Note } from './note.tsx';
import { StaleBadge } from './stale-badge.tsx';
import classes from './table-card.module.css';
import { behindFilter, tableFilter, versionFilter } from './table-filter.ts';

interface TableCardProps {
  readonly experimentId: string;
  readonly found: ExperimentDeltaTable;
}

/** The rest is a click away. */
const FEW_VERSIONS = 8;
/** What the server lists of a table. */
const MOST_VERSIONS = 100;

/** A Delta table that runs of the experiment have read: which versions, by how many runs, and how far it has moved on. */
export function TableCard({ experimentId, found }: TableCardProps) {
  const { table, latest, versions, run_count } = found;
  const [isWhole, setWhole] = useState(false);
  const isStale = versions.some(({ versions_behind }) => Number(versions_behind ?? 0) > 0);
  const newest = versions.toSorted(
    (a, b) => Number(b.last_logged_timestamp) - Number(a.last_logged_timestamp),
  )[0]?.newest_input;
  const shown = isWhole ? versions : versions.slice(0, FEW_VERSIONS);
  return (
    <section className={panelClasses.panel} aria-label={table || 'Table without a name'}>
      <header className={classes.head}>
        <h2>
          <DatasetIcon size={16} />
          <span className="mono">{table || <em>unnamed</em>}</span>{' '}
          <CopyButton value={table} what="the table" />
        </h2>
        {newest && <LookNow input={newest} checked={latest.checked_timestamp} table={table} />}
        <p>
          {latest.latest_version === undefined ? (
            <span className="dim">Its latest version is not known</span>
          ) : (
            <span>
              Now at version <strong>{String(latest.latest_version)}</strong>
              {latest.latest_timestamp !== undefined && (
                <span className="dim">
                  , committed <TimeAgo at={latest.latest_timestamp} />
                </span>
              )}
            </span>
          )}
          <span>
            Read by{' '}
            <RunsLink experimentId={experimentId} filter={tableFilter(table)}>
              {plural(Number(run_count), 'run')}
            </RunsLink>
          </span>
          {isStale && (
            <RunsLink experimentId={experimentId} filter={behindFilter(table)}>
              Runs that have read an older version
            </RunsLink>
          )}
        </p>
      </header>
      {latest.error_message !== undefined && (
        <div className={classes.note}>
          <Note kind="warn">
            The table could not be looked at{latest.latest_version !== undefined && ' the last time'}.{' '}
            {latest.error_message}
          </Note>
        </div>
      )}
      <ScrollRegion className={classes.versions} aria-label={`Versions of ${table}`}>
        <table className={panelClasses.table} aria-label={`Versions of ${table}`}>
          <thead>
            <tr>
              <th scope="col">Version</th>
              <th scope="col">Since then</th>
              <th scope="col" className={panelClasses.number}>
                Read by
              </th>
              <th scope="col" className={classes.first}>
                First read
              </th>
              <th scope="col">Last read</th>
              <th scope="col">See</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((version) => (
              <VersionRow
                key={version.newest_input.delta_input_id}
                experimentId={experimentId}
                table={table}
                found={version}
                all={versions}
              />
            ))}
          </tbody>
        </table>
      </ScrollRegion>
      {shown.length < versions.length && (
        <p className={panelClasses.nothing}>
          <button type="button" className={panelClasses.more} onClick={() => setWhole(true)}>
            Show all {versions.length} versions
          </button>
        </p>
      )}
      {isWhole && versions.length >= MOST_VERSIONS && (
        <p className={panelClasses.nothing}>
          These are the newest {MOST_VERSIONS}. Older ones are found by their runs.
        </p>
      )}
    </section>
  );
}

interface VersionRowProps {
  readonly experimentId: string;
  readonly table: string;
  readonly found: DeltaTableVersion;
  readonly all: readonly DeltaTableVersion[];
}

function VersionRow({ experimentId, table, found, all }: VersionRowProps) {
  const { version, run_count, versions_behind, is_replaced, newest_input } = found;
  const runs = plural(Number(run_count), 'run');
  const dataset = { name: newest_input.dataset_name, digest: newest_input.dataset_digest };
  const ofVersion = version === undefined ? '' : ` of version ${version}`;
  return (
    <tr>
      <th scope="row">{version === undefined ? <span className="dim">not known</span> : String(version)}</th>
      <td>
        <StaleBadge behind={versions_behind} isReplaced={is_replaced} />
      </td>
      <td className={panelClasses.number}>
        {version === undefined ? (
          runs
        ) : (
          <RunsLink experimentId={experimentId} filter={versionFilter(table, version, found, all)}>
            {runs}
          </RunsLink>
        )}
      </td>
      <td className={classes.first}>
        <TimeAgo at={found.first_logged_timestamp} />
      </td>
      <td>
        <TimeAgo at={found.last_logged_timestamp} />
      </td>
      <td className={classes.links}>
        <DatasetLink dataset={dataset} runId={newest_input.run_id} label={`Snapshot${ofVersion}`}>
          Snapshot
        </DatasetLink>
        {version !== undefined && (
          <DatasetLink dataset={dataset} runId={newest_input.run_id} view="rows" label={`Rows${ofVersion}`}>
            Rows
          </DatasetLink>
        )}
        {Number(versions_behind ?? 0) > 0 && (
          <DatasetLink
            dataset={dataset}
            runId={newest_input.run_id}
            view="changes"
            label={`Changes since version ${version}`}
          >
            Changes
          </DatasetLink>
        )}
      </td>
    </tr>
  );
}

interface RunsLinkProps {
  readonly experimentId: string;
  readonly filter: string;
  readonly children: ReactNode;
}

function RunsLink({ experimentId, filter, children }: RunsLinkProps) {
  return (
    <Link
      to="/experiments/$experimentId/runs"
      params={{ experimentId }}
      search={{ searchFilter: filter }}
      preload={false}
    >
      {children}
    </Link>
  );
}
