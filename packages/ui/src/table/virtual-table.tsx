import { Checkbox } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useEffect, useRef } from 'react';

export interface Column<Row> {
  readonly id: string;
  readonly title: string;
  readonly width: number;
  readonly align?: 'right';
  /** Stays in place when the table is scrolled sideways. */
  readonly pinned?: boolean;
  readonly sortable?: boolean;
  readonly cell: (row: Row) => ReactNode;
}

export interface Sort {
  readonly id: string;
  readonly ascending: boolean;
}

interface Selection {
  readonly selected: ReadonlySet<string>;
  readonly onChange: (selected: ReadonlySet<string>) => void;
}

interface Props<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  readonly sort?: Sort | undefined;
  readonly onSort?: (sort: Sort) => void;
  readonly selection?: Selection;
  /** Called when the last rows come into view. */
  readonly onEnd?: (() => void) | undefined;
  readonly isComplete?: boolean;
  readonly empty: ReactNode;
}

const ROW_HEIGHT = 34;
const SELECT_WIDTH = 40;

/** A table of any length: only rows in view are in the page. */
export function VirtualTable<Row>({
  label,
  columns,
  rows,
  rowKey,
  sort,
  onSort,
  selection,
  onEnd,
  isComplete = true,
  empty,
}: Props<Row>) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 6,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (onEnd && last >= rows.length - 10) onEnd();
  }, [last, rows.length, onEnd]);

  const gridTemplateColumns = `${selection ? `${SELECT_WIDTH}px ` : ''}${columns.map(({ width }) => `${width}px`).join(' ')} 1fr`;
  const lefts = pinnedLefts(columns, selection ? SELECT_WIDTH : 0);
  return (
    <div
      ref={scroller}
      className="grid"
      role="table"
      aria-label={label}
      aria-rowcount={isComplete ? rows.length + 1 : -1}
    >
      <div className="grid-head" role="row" aria-rowindex={1} style={{ gridTemplateColumns }}>
        {selection && (
          <div className="grid-cell" role="columnheader" data-pinned style={{ left: 0, paddingTop: 8 }}>
            <Checkbox
              size="xs"
              aria-label="Select all loaded rows"
              checked={rows.length > 0 && selection.selected.size === rows.length}
              indeterminate={selection.selected.size > 0 && selection.selected.size < rows.length}
              onChange={(event) =>
                selection.onChange(new Set(event.currentTarget.checked ? rows.map(rowKey) : []))
              }
            />
          </div>
        )}
        {columns.map((column) => (
          <HeadCell key={column.id} column={column} left={lefts.get(column.id)} sort={sort} onSort={onSort} />
        ))}
      </div>
      <div style={{ height: virtual.getTotalSize(), position: 'relative', minWidth: 'max-content' }}>
        {items.map(({ index, start }) => {
          const row = rows[index];
          if (row === undefined) return null;
          const key = rowKey(row);
          const isSelected = selection?.selected.has(key) ?? false;
          return (
            <div
              key={key}
              className="grid-row"
              role="row"
              aria-rowindex={index + 2}
              data-selected={isSelected || undefined}
              style={{ gridTemplateColumns, transform: `translateY(${start}px)` }}
            >
              {selection && (
                <div className="grid-cell" role="cell" data-pinned style={{ left: 0, paddingTop: 8 }}>
                  <Checkbox
                    size="xs"
                    aria-label={`Select row ${index + 1}`}
                    checked={isSelected}
                    onChange={() => selection.onChange(toggle(selection.selected, key))}
                  />
                </div>
              )}
              {columns.map((column) => (
                <div
                  key={column.id}
                  className="grid-cell truncate"
                  role="cell"
                  data-align={column.align}
                  {...pinned(lefts.get(column.id))}
                >
                  {column.cell(row)}
                </div>
              ))}
            </div>
          );
        })}
      </div>
      {rows.length === 0 && <div style={{ padding: '2rem', textAlign: 'center' }}>{empty}</div>}
    </div>
  );
}

interface HeadProps<Row> {
  readonly column: Column<Row>;
  readonly left: number | undefined;
  readonly sort: Sort | undefined;
  readonly onSort: ((sort: Sort) => void) | undefined;
}

function HeadCell<Row>({ column, left, sort, onSort }: HeadProps<Row>) {
  const own = sort?.id === column.id ? sort : undefined;
  const direction = own ? (own.ascending ? 'ascending' : 'descending') : 'none';
  const isSortable = Boolean(onSort && column.sortable);
  return (
    <div
      className="grid-cell truncate"
      role="columnheader"
      aria-sort={isSortable ? direction : undefined}
      data-align={column.align}
      title={column.title}
      {...pinned(left)}
    >
      {isSortable ? (
        <button
          type="button"
          className="grid-sort truncate"
          onClick={() => onSort?.({ id: column.id, ascending: own ? !own.ascending : false })}
        >
          {column.title}
          <span aria-hidden="true">{own ? (own.ascending ? ' ↑' : ' ↓') : ''}</span>
        </button>
      ) : (
        column.title
      )}
    </div>
  );
}

const pinned = (left: number | undefined) =>
  left === undefined ? {} : { 'data-pinned': true, style: { left } };

function pinnedLefts<Row>(columns: readonly Column<Row>[], start: number): ReadonlyMap<string, number> {
  const lefts = new Map<string, number>();
  let left = start;
  for (const { id, width, pinned: isPinned } of columns) {
    if (!isPinned) break;
    lefts.set(id, left);
    left += width;
  }
  return lefts;
}

function toggle(selected: ReadonlySet<string>, key: string): ReadonlySet<string> {
  const next = new Set(selected);
  if (!next.delete(key)) next.add(key);
  return next;
}
