import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { type DatasetName, type DatasetSearch, datasetKey } from './location.ts';

interface DatasetLinkProps {
  readonly dataset: DatasetName;
  /** The run whose use of it is looked at. */
  readonly runId?: string | undefined;
  /** What of a Delta table is to be seen first. */
  readonly view?: DatasetSearch['datasetView'];
  /** What it is called where its words alone say too little. */
  readonly label?: string;
  readonly className?: string | undefined;
  readonly 'data-is-stale'?: boolean | undefined;
  readonly children: ReactNode;
}

/** Opens the details of a data set over the page that one is on. */
export function DatasetLink({ dataset, runId, view, label, children, ...look }: DatasetLinkProps) {
  return (
    <Link
      to="."
      search={(search) => ({
        ...search,
        selectedDataset: datasetKey(dataset),
        selectedDatasetRun: runId,
        datasetView: view,
      })}
      aria-label={label}
      {...look}
      preload={false}
      resetScroll={false}
    >
      {children}
    </Link>
  );
}
