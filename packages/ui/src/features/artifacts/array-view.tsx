import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { ErrorState } from '../../errors/error-state.tsx';
import { countText, plural } from '../../format/number.ts';
import classes from './artifact-browser.module.css';
import type { ViewerProps } from './file-view.tsx';
import previewClasses from './previews.module.css';
import { RowsGrid } from './rows-grid.tsx';

const VALUES = 2_000;
const MOST_COLUMNS = 100;

/** An array of NumPy: what it is, and its values in rows of its last dimension. */
export function ArrayView({ path, previews, preview }: ViewerProps) {
  const [first, setFirst] = useState(0);
  const { data, error, refetch } = useQuery({
    queryKey: ['artifact-array', previews.key, path, preview.etag, first],
    queryFn: ({ signal }) => previews.array({ path, first_index: first, max_results: VALUES }, signal),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
    placeholderData: (old) => old,
  });
  const shape = useMemo(() => (data?.shape ?? []).map(Number), [data]);
  // As they lie in the file: the first dimension changes fastest in Fortran's order.
  const length = (data?.fortran_order ? shape[0] : shape.at(-1)) ?? 1;
  const isGrid = shape.length > 1 && length > 0 && length <= MOST_COLUMNS;
  const { header, rows } = useMemo(() => {
    const start = Number(data?.first_index ?? 0);
    const values = (data?.values ?? []).map(String);
    const width = isGrid ? length : 1;
    const found: string[][] = [];
    for (let at = -(start % width); at < values.length; at += width) {
      const row = Array.from({ length: width }, (_, column) => values[at + column] ?? '');
      found.push([String(Math.floor((start + at) / width)), ...row]);
    }
    return {
      header: ['', ...(isGrid ? Array.from({ length: width }, (_, at) => String(at)) : ['value'])],
      rows: found,
    };
  }, [data, isGrid, length]);
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <p className={classes.hint}>Loading…</p>;
  const { statistics } = data;
  const count = Number(data.value_count);
  const last = Number(data.first_index) + data.values.length;
  const facts: readonly (readonly [string, unknown])[] = [
    ['dtype', data.dtype],
    ['shape', `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`],
    ['order', data.fortran_order ? 'Fortran' : 'C'],
    ['min', statistics?.min],
    ['max', statistics?.max],
    ['mean', statistics?.mean],
    ['std', statistics?.standard_deviation],
    ['NaN', statistics?.nan_count],
  ];
  return (
    <>
      <dl className={previewClasses.facts}>
        {facts
          .filter(([, value]) => value !== undefined)
          .map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{String(value)}</dd>
            </div>
          ))}
      </dl>
      <RowsGrid label="Array" header={header} rows={rows} hasMore />
      <div className={classes.more}>
        <span className="dim" role="status">
          {count > data.values.length
            ? `Values ${countText(Number(data.first_index) + 1)} to ${countText(last)} of ${countText(count)}; statistics are of these`
            : plural(count, 'value')}
        </span>
        {count > data.values.length && (
          <>
            <Button
              variant="default"
              size="compact-xs"
              disabled={first === 0}
              onClick={() => setFirst(Math.max(0, first - VALUES))}
            >
              Before
            </Button>
            <Button
              variant="default"
              size="compact-xs"
              disabled={last >= count}
              onClick={() => setFirst(last)}
            >
              Further
            </Button>
          </>
        )}
      </div>
    </>
  );
}
