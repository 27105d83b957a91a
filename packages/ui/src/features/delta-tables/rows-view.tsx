import type { DeltaInput } from '@bitacora/protocol';
import { useMemo, useState } from 'react';
import { PageSkeleton } from '../../app/page-skeleton.tsx';
import { ErrorState } from '../../errors/error-state.tsx';
import { countText, plural } from '../../format/number.ts';
import type { Column } from '../../table/column.ts';
import { Grid } from '../../table/grid.tsx';
import { NullValue } from '../../table/null-value.tsx';
import classes from './delta-section.module.css';
import { useDeltaRows } from './queries.ts';
import { cellText } from './values.ts';

interface NumberedRow {
  readonly number: number;
  readonly cells: readonly unknown[];
}

const NUMBERS = /^(?:byte|short|integer|long|float|double|decimal)/;

const JUDGED_ROWS = 30;

function widthOf(name: string, rows: readonly unknown[], index: number): number {
  const lengths = rows
    .slice(0, JUDGED_ROWS)
    .map((row) => cellText(Array.isArray(row) ? row[index] : '').length);
  const longest = Math.max(name.length + 2, ...lengths);
  return Math.min(260, Math.max(90, longest * 7.5 + 24));
}

/** Rows of a table as of the version that a run has read, more as one scrolls. */
export function RowsView({ input }: { readonly input: DeltaInput }) {
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useDeltaRows(input);
  const [widths, setWidths] = useState<Readonly<Record<string, number>>>({});
  const first = data?.pages[0];
  const rows = useMemo(
    () =>
      (data?.pages ?? []).flatMap((page) =>
        page.rows.map(
          (row, index): NumberedRow => ({
            number: Number(page.first_row) + index,
            cells: Array.isArray(row) ? row : [],
          }),
        ),
      ),
    [data],
  );
  const columns = useMemo(
    () =>
      (first?.columns ?? []).map(
        ({ name, type }, index): Column<NumberedRow> => ({
          id: name,
          title: name,
          group: type.replace(/<.*/s, ''),
          width: widthOf(name, first?.rows ?? [], index),
          ...(NUMBERS.test(type) ? { align: 'end' as const } : {}),
          cell: ({ cells }) => (cells[index] === null ? <NullValue /> : cellText(cells[index])),
        }),
      ),
    // The first rows say how wide; later ones must not move what one reads.
    [first],
  );
  if (error && !data) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data || !first) return <PageSkeleton />;
  const unread = first.unread_columns;
  return (
    <>
      <div className={classes.rows}>
        <Grid
          label={`Rows of version ${first.version}`}
          rows={rows}
          rowKey={({ number }) => String(number)}
          columns={columns}
          widths={widths}
          onResize={(id, width) =>
            setWidths(({ [id]: _, ...rest }) => (width === undefined ? rest : { ...rest, [id]: width }))
          }
          hasMore={hasNextPage}
          onNearEnd={() => {
            if (!isFetchingNextPage && !error) void fetchNextPage();
          }}
          empty={<p>The table had no rows.</p>}
        />
      </div>
      {error && <ErrorState error={error} onRetry={() => void fetchNextPage()} />}
      <p className="dim" role="status">
        {hasNextPage ? `${countText(rows.length)} rows loaded, more below` : plural(rows.length, 'row')}, as
        of version {String(first.version)}
        {data.pages.some(({ is_cut }) => is_cut) && '; long values are cut'}
        {unread.length > 0 && `; not read here: ${unread.slice(0, 20).join(', ')}`}
      </p>
    </>
  );
}
