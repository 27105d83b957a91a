import { SegmentedControl } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { ErrorState } from '../../errors/error-state.tsx';
import { bytesText, plural } from '../../format/number.ts';
import { parseCsv } from '../../table/csv.ts';
import classes from './artifact-browser.module.css';
import { fetchBytes } from './file-bytes.ts';
import type { ViewerProps } from './file-view.tsx';
import { RowsGrid } from './rows-grid.tsx';
import { TextView } from './text-view.tsx';
import { isTabSeparated } from './viewer-kind.ts';

const MOST_BYTES = 8 * 1024 * 1024;

/** CSV and TSV as a table; of a very large file, its beginning. */
export function TableView(props: ViewerProps) {
  const { path, url } = props;
  const [view, setView] = useState('table');
  const { data, error, refetch } = useQuery({
    queryKey: ['artifact-table', url],
    queryFn: async ({ signal }) => {
      const { bytes, size } = await fetchBytes(url, 0, MOST_BYTES, signal);
      return { size, isCut: size > bytes.length, text: new TextDecoder().decode(bytes) };
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
  });
  const rows = useMemo(() => {
    if (!data) return undefined;
    const parsed = parseCsv(data.text, isTabSeparated(path) ? '\t' : ',');
    // The last row of a cut file is cut too.
    return data.isCut ? parsed.slice(0, -1) : parsed;
  }, [data, path]);
  const [header, body] = useMemo(() => [rows?.[0] ?? [], rows?.slice(1) ?? []], [rows]);
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data || !rows) return <p className={classes.hint}>Loading…</p>;
  return (
    <>
      {view === 'text' ? <TextView {...props} /> : <RowsGrid label="Table" header={header} rows={body} />}
      <div className={classes.more}>
        <span className="dim" role="status">
          {data.isCut ? `The first ${plural(body.length, 'row')}` : plural(body.length, 'row')},{' '}
          {plural(header.length, 'column')}, {bytesText(data.size)}
        </span>
        <SegmentedControl
          size="xs"
          aria-label="Show as"
          data={[
            { value: 'table', label: 'Table' },
            { value: 'text', label: 'Text' },
          ]}
          value={view}
          onChange={setView}
        />
      </div>
    </>
  );
}
