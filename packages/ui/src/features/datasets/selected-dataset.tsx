import { useSearch } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import type { DatasetSearch } from './location.ts';

const DatasetDrawer = lazy(async () => ({ default: (await import('./dataset-drawer.tsx')).DatasetDrawer }));

/** Opens what the address of a page of an experiment or a run names, and is nothing without. */
export function SelectedDataset({ experimentId }: { readonly experimentId: string }) {
  const search: DatasetSearch = useSearch({ strict: false });
  if (search.selectedDataset === undefined) return null;
  return (
    <Suspense>
      <DatasetDrawer key={search.selectedDataset} experimentId={experimentId} search={search} />
    </Suspense>
  );
}
