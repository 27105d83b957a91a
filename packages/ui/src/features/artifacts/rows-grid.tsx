import { useMemo, useState } from 'react';
import { Grid } from '../../table/grid.tsx';
import { NullValue } from '../../table/null-value.tsx';

/** What stands in a cell; `null` where there is no value. */
export type CellText = string | null;

interface RowsGridProps {
  readonly label: string;
  readonly header: readonly string[];
  /** Of the columns, shown above their names. */
  readonly types?: readonly string[];
  readonly rows: readonly (readonly CellText[])[];
  /** Whether the file has more rows: then those that are here are not sorted. */
  readonly hasMore?: boolean;
  readonly onNearEnd?: () => void;
}

interface NumberedRow {
  readonly number: number;
  readonly cells: readonly CellText[];
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
          cell: ({ cells }: NumberedRow) => (cells[index] === null ? <NullValue /> : cells[index]),
        };
      }),
    [header, types, rows, hasMore],
  );
  const sorted = useMemo(() => {
    const numbered = rows.map((cells, number): NumberedRow => ({ number, cells }));
    if (!sort || hasMore) return numbered;
    const at = Number(sort.id);
    const compare = inOrder(columns[at]?.isNumber ?? false, sort.ascending);
    return numbered.sort((a, b) => compare(a.cells[at] ?? null, b.cells[at] ?? null) || a.number - b.number);
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

/** What has no value comes last, whichever way the rest goes. */
function inOrder(areNumbers: boolean, ascending: boolean) {
  const sign = ascending ? 1 : -1;
  return (a: CellText, b: CellText): number => {
    const [isNoneA, isNoneB] = [a, b].map((cell) => cell === null || (areNumbers && cell === ''));
    if (isNoneA || isNoneB) return Number(isNoneA) - Number(isNoneB);
    return sign * (areNumbers ? Number(a) - Number(b) : a!.localeCompare(b!));
  };
}
