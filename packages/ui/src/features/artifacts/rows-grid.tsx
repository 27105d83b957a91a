import { useMemo, useState } from 'react';
import { Grid } from '../../table/grid.tsx';

interface RowsGridProps {
  readonly label: string;
  readonly header: readonly string[];
  /** Of the columns, shown above their names. */
  readonly types?: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Whether the file has more rows: then those that are here are not sorted. */
  readonly hasMore?: boolean;
  readonly onNearEnd?: () => void;
}

interface NumberedRow {
  readonly number: number;
  readonly cells: readonly string[];
}

const NUMBER = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i;
/** What a column holds is judged by its first rows. */
const JUDGED_ROWS = 50;

/** Rows of a file, sorted here where they are all here. */
export function RowsGrid({ label, header, types, rows, hasMore = false, onNearEnd }: RowsGridProps) {
  const [sort, setSort] = useState<{ readonly id: string; readonly ascending: boolean }>();
  const [widths, setWidths] = useState<Readonly<Record<string, number>>>({});
  const columns = useMemo(
    () =>
      header.map((title, index) => {
        const sample = rows.slice(0, JUDGED_ROWS).map((row) => row[index] ?? '');
        const isNumber =
          sample.some((cell) => cell !== '') && sample.every((cell) => cell === '' || NUMBER.test(cell));
        const longest = Math.max(
          title.length + 3,
          types?.[index]?.length ?? 0,
          ...sample.map((cell) => cell.length),
        );
        return {
          id: String(index),
          title,
          ...(types?.[index] === undefined ? {} : { group: types[index] }),
          width: Math.min(340, Math.max(80, longest * 8.6 + 24)),
          sortable: !hasMore,
          isNumber,
          ...(isNumber ? { align: 'end' as const } : {}),
          cell: ({ cells }: NumberedRow) => cells[index] ?? '',
        };
      }),
    [header, types, rows, hasMore],
  );
  const sorted = useMemo(() => {
    const numbered = rows.map((cells, number): NumberedRow => ({ number, cells }));
    if (!sort || hasMore) return numbered;
    const at = Number(sort.id);
    const sign = sort.ascending ? 1 : -1;
    const compare = columns[at]?.isNumber
      ? (a: string, b: string) => Number(a || Number.NaN) - Number(b || Number.NaN) || 0
      : (a: string, b: string) => a.localeCompare(b);
    return numbered.sort(
      (a, b) => sign * compare(a.cells[at] ?? '', b.cells[at] ?? '') || a.number - b.number,
    );
  }, [rows, sort, columns, hasMore]);
  return (
    <Grid
      label={label}
      rows={sorted}
      rowKey={({ number }) => String(number)}
      columns={columns}
      {...(sort && !hasMore ? { sort } : {})}
      hasMore={hasMore}
      {...(onNearEnd ? { onNearEnd } : {})}
      onSort={(id) => setSort({ id, ascending: sort?.id === id ? !sort.ascending : true })}
      widths={widths}
      onResize={(id, width) =>
        setWidths(({ [id]: _, ...rest }) => (width === undefined ? rest : { ...rest, [id]: width }))
      }
      empty={<p>No rows.</p>}
    />
  );
}
