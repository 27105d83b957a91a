import { Drawer } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import { PageSkeleton } from '../../app/page-skeleton.tsx';
import { ErrorState } from '../../errors/error-state.tsx';
import { DatasetIcon } from '../../icons/icons.tsx';
import { DatasetDetails } from './dataset-details.tsx';
import classes from './dataset-drawer.module.css';
import { type DatasetSearch, readDatasetKey } from './location.ts';
import { useGetRunDataset } from './queries.ts';

interface DatasetDrawerProps {
  readonly experimentId: string;
  readonly search: DatasetSearch;
}

/** The details of the data set that the address names, over the page behind. */
export function DatasetDrawer({ experimentId, search }: DatasetDrawerProps) {
  const { selectedDataset = '', selectedDatasetRun } = search;
  const dataset = useMemo(
    () => readDatasetKey(selectedDataset) ?? { name: selectedDataset, digest: '' },
    [selectedDataset],
  );
  const { data, error, refetch } = useGetRunDataset(experimentId, dataset);
  const navigate = useNavigate();
  const go = (next: DatasetSearch) =>
    void navigate({
      to: '.',
      search: (old) => ({ ...old, ...next }),
      replace: true,
      resetScroll: false,
    });
  return (
    <Drawer
      opened
      onClose={() =>
        go({ selectedDataset: undefined, selectedDatasetRun: undefined, datasetView: undefined })
      }
      position="right"
      size={760}
      closeButtonProps={{ 'aria-label': 'Close the data set' }}
      title={
        <span className={classes.title}>
          <DatasetIcon size={18} />
          <span>{dataset.name}</span>
        </span>
      }
      classNames={{
        content: classes.content ?? '',
        header: classes.header ?? '',
        title: classes.heading ?? '',
        body: classes.body ?? '',
      }}
      transitionProps={{ duration: 120 }}
    >
      {data ? (
        <DatasetDetails
          experimentId={experimentId}
          found={data}
          runId={selectedDatasetRun}
          view={search.datasetView}
          onView={(datasetView) => go({ datasetView })}
        />
      ) : error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : (
        <PageSkeleton />
      )}
    </Drawer>
  );
}
