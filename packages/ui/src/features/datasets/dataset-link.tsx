import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { type DatasetName, datasetKey } from './location.ts';

interface DatasetLinkProps {
  readonly dataset: DatasetName;
  /** The run whose use of it is looked at. */
  readonly runId?: string | undefined;
  readonly className?: string | undefined;
  readonly children: ReactNode;
}

/** Opens the details of a data set over the page that one is on. */
export function DatasetLink({ dataset, runId, className, children }: DatasetLinkProps) {
  return (
    <Link
      to="."
      search={(search) => ({
        ...search,
        selectedDataset: datasetKey(dataset),
        selectedDatasetRun: runId,
        datasetView: undefined,
      })}
      className={className}
      preload={false}
      resetScroll={false}
    >
      {children}
    </Link>
  );
}
