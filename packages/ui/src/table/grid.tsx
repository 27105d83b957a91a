import { useVirtualizer } from '@tanstack/react-virtual';
import {
  type CSSProperties,
  type FocusEvent,
  type KeyboardEvent,
  type MouseEvent,
  memo,
  type ReactNode,
  useEffect,
  useMemo,
  useRef,
} from 'react';
import type { Column, Sort } from './column.ts';
import classes from './grid.module.css';
import { HeaderCell } from './header-cell.tsx';
import { ScrollRegion } from './scroll-region.tsx';
import { toggled } from './selection.ts';

export const ROW_HEIGHT = 34;
const HEADER_HEIGHT = 44;
const TICK_WIDTH = 38;
/** Rows kept beyond the edge of the view, so that a turn of the wheel shows no blank. */
const OVERSCAN_ROWS = 6;
const OVERSCAN_COLUMNS = 2;
/** How close to the last row, in rows, the next page is fetched. */
const NEAR_END = 12;

export interface Selection {
  readonly keys: ReadonlySet<string>;
  readonly onChange: (keys: ReadonlySet<string>) => void;
}

export interface GridProps<Row> {
  /** The table's accessible name. */
  readonly label: string;
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  /** What a row is called where only its tick box is read out. */
  readonly rowName?: (row: Row) => string;
  readonly columns: readonly Column<Row>[];
  readonly sort?: Sort;
  readonly onSort?: (columnId: string) => void;
  readonly selection?: Selection;
  readonly widths?: Readonly<Record<string, number>>;
  readonly onResize?: (columnId: string, width: number | undefined) => void;
  /** Whether more rows exist than are loaded. */
  readonly hasMore?: boolean;
  readonly onNearEnd?: () => void;
  /** Shown below the header instead of rows. */
  readonly empty?: ReactNode;
}

/**
 * A table of any number of rows and columns: only what is in view is in the document. A real `<table>`, so that its
 * headers, counts and sort order are read out as such.
 */
export function Grid<Row>({
  label,
  rows,
  rowKey,
  rowName = rowKey,
  columns,
  sort,
  onSort,
  selection,
  widths = {},
  onResize,
  hasMore = false,
  onNearEnd,
  empty,
}: GridProps<Row>) {
  const scroller = useRef<HTMLElement>(null);
  const lastTicked = useRef<string>(undefined);
  const pinned = useMemo(() => columns.filter((column) => column.pinned), [columns]);
  const loose = useMemo(() => columns.filter((column) => !column.pinned), [columns]);
  const widthOf = (column: Column<Row>) => widths[column.id] ?? column.width;
  const pinnedWidth = (selection ? TICK_WIDTH : 0) + pinned.reduce((sum, column) => sum + widthOf(column), 0);

  const lines = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: OVERSCAN_ROWS,
    scrollPaddingStart: HEADER_HEIGHT,
  });
  const across = useVirtualizer({
    horizontal: true,
    count: loose.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => widthOf(loose[index]!),
    getItemKey: (index) => loose[index]!.id,
    overscan: OVERSCAN_COLUMNS,
    // Pinned columns lie before the loose ones.
    paddingStart: pinnedWidth,
  });
  // Widths are told to the virtualizer only when it measures anew.
  const widthSignature = loose.map(widthOf).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: The signature is what the measuring depends on.
  useEffect(() => across.measure(), [widthSignature, pinnedWidth]);

  const columnItems = across.getVirtualItems();
  const firstColumn = columnItems[0]?.index ?? 0;
  const lastColumn = columnItems.at(-1)?.index ?? -1;
  const shown = useMemo(() => loose.slice(firstColumn, lastColumn + 1), [loose, firstColumn, lastColumn]);
  const before = (columnItems[0]?.start ?? pinnedWidth) - pinnedWidth;
  const after = across.getTotalSize() - (columnItems.at(-1)?.end ?? pinnedWidth);

  const items = lines.getVirtualItems();
  const lastRow = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && lastRow >= rows.length - NEAR_END) onNearEnd?.();
  }, [hasMore, lastRow, rows.length, onNearEnd]);

  const above = items[0]?.start ?? 0;
  const below = lines.getTotalSize() - (items.at(-1)?.end ?? 0);
  const columnOffset = selection ? 2 : 1;
  const isAllTicked =
    selection !== undefined && rows.length > 0 && rows.every((row) => selection.keys.has(rowKey(row)));

  const header = (column: Column<Row>, index: number, style?: CSSProperties) => (
    <HeaderCell
      key={column.id}
      column={column}
      columnIndex={index}
      width={widthOf(column)}
      sort={sort?.id === column.id ? sort : undefined}
      onSort={onSort}
      onResize={onResize}
      style={style}
    />
  );

  const tick = (event: MouseEvent, key: string) => {
    if (!selection) return;
    const range = event.shiftKey ? lastTicked.current : undefined;
    selection.onChange(toggled(selection.keys, rows.map(rowKey), key, range));
    lastTicked.current = key;
  };
  // Rows are memoised and must not change with every render; the newest closure is reached through a ref.
  const latestTick = useRef(tick);
  latestTick.current = tick;
  const onTick = useMemo(() => (event: MouseEvent, key: string) => latestTick.current(event, key), []);

  /** Up and down walk along one column: from link to link, from tick box to tick box. */
  const walk = (event: KeyboardEvent<HTMLElement>) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    const target = event.target as HTMLElement;
    const line = target.closest('tr');
    const cell = target.closest('td');
    if (step === 0 || !line || !cell) return;
    const index = Number(line.dataset.index) + step;
    if (index < 0 || index >= rows.length) return;
    event.preventDefault();
    lines.scrollToIndex(index);
    const column = cell.getAttribute('aria-colindex');
    requestAnimationFrame(() => {
      scroller.current
        ?.querySelector<HTMLElement>(
          `tr[data-index="${index}"] td[aria-colindex="${column}"] :is(a, input, button)`,
        )
        ?.focus({ preventScroll: true });
    });
  };

  return (
    <ScrollRegion ref={scroller} className={classes.scroller} aria-label={`${label}, scrolling`}>
      <table
        className={classes.table}
        aria-label={label}
        aria-rowcount={hasMore ? -1 : rows.length + 1}
        aria-colcount={columns.length + columnOffset - 1}
        style={{ width: across.getTotalSize() }}
      >
        <colgroup>
          {selection && <col style={{ width: TICK_WIDTH }} />}
          {pinned.map((column) => (
            <col key={column.id} style={{ width: widthOf(column) }} />
          ))}
          {before > 0 && <col style={{ width: before }} />}
          {shown.map((column) => (
            <col key={column.id} style={{ width: widthOf(column) }} />
          ))}
          <col style={{ width: after === 0 ? undefined : after }} />
        </colgroup>
        <thead>
          <tr aria-rowindex={1} style={{ height: HEADER_HEIGHT }}>
            {selection && (
              <th
                scope="col"
                className={`${classes.tick} ${classes.pinned}`}
                style={{ left: 0 }}
                aria-colindex={1}
              >
                <input
                  type="checkbox"
                  aria-label={isAllTicked ? 'Clear the selection' : 'Select all loaded rows'}
                  checked={isAllTicked}
                  ref={(box) => {
                    if (box) box.indeterminate = selection.keys.size > 0 && !isAllTicked;
                  }}
                  onChange={() => selection.onChange(new Set(isAllTicked ? [] : rows.map(rowKey)))}
                />
              </th>
            )}
            {pinned.map((column, index) =>
              header(column, index + columnOffset, {
                left: leftOf(pinned, index, widthOf, selection !== undefined),
              }),
            )}
            {before > 0 && <td aria-hidden="true" />}
            {shown.map((column, index) => header(column, pinned.length + firstColumn + index + columnOffset))}
            <td aria-hidden="true" />
          </tr>
        </thead>
        <Spacer height={above} />
        <tbody onKeyDown={walk} onMouseOver={tipWhenCut} onFocus={tipWhenCut}>
          {items.map(({ index }) => {
            const row = rows[index]!;
            const key = rowKey(row);
            return (
              <Line
                key={key}
                row={row}
                name={selection ? rowName(row) : key}
                rowId={key}
                index={index}
                pinned={pinned}
                shown={shown}
                hasGap={before > 0}
                firstColumn={firstColumn}
                isTicked={selection?.keys.has(key)}
                widths={widths}
                onTick={onTick}
              />
            );
          })}
        </tbody>
        <Spacer height={below} />
      </table>
      {rows.length === 0 && empty !== undefined && <div className={classes.empty}>{empty}</div>}
    </ScrollRegion>
  );
}

/** Stands for the rows above or below those in the document. */
function Spacer({ height }: { readonly height: number }) {
  if (height === 0) return null;
  return (
    <tbody aria-hidden="true">
      <tr style={{ height }} />
    </tbody>
  );
}

function leftOf<Row>(
  pinned: readonly Column<Row>[],
  index: number,
  widthOf: (column: Column<Row>) => number,
  hasTicks: boolean,
): number {
  return pinned.slice(0, index).reduce((sum, column) => sum + widthOf(column), hasTicks ? TICK_WIDTH : 0);
}

/** A tooltip with the whole text, made only when a cell that cuts it is pointed at. */
function tipWhenCut(event: MouseEvent | FocusEvent) {
  const cell = (event.target as HTMLElement).closest('td');
  if (!cell) return;
  if (cell.scrollWidth > cell.clientWidth) cell.title = cell.textContent.slice(0, 2_000);
  else cell.removeAttribute('title');
}

interface LineProps<Row> {
  readonly row: Row;
  readonly rowId: string;
  readonly name: string;
  readonly index: number;
  readonly pinned: readonly Column<Row>[];
  readonly shown: readonly Column<Row>[];
  readonly hasGap: boolean;
  readonly firstColumn: number;
  readonly isTicked: boolean | undefined;
  readonly widths: Readonly<Record<string, number>>;
  readonly onTick: (event: MouseEvent, key: string) => void;
}

const Line = memo(function Line<Row>({
  row,
  rowId,
  name,
  index,
  pinned,
  shown,
  hasGap,
  firstColumn,
  isTicked,
  widths,
  onTick,
}: LineProps<Row>) {
  const hasTicks = isTicked !== undefined;
  const offset = hasTicks ? 2 : 1;
  return (
    <tr
      aria-rowindex={index + 2}
      aria-selected={isTicked}
      data-index={index}
      className={classes.line}
      style={{ height: ROW_HEIGHT }}
    >
      {hasTicks && (
        <td className={`${classes.tick} ${classes.pinned}`} style={{ left: 0 }} aria-colindex={1}>
          <input
            type="checkbox"
            aria-label={`Select ${name}`}
            checked={isTicked}
            onClick={(event) => onTick(event, rowId)}
            readOnly
          />
        </td>
      )}
      {pinned.map((column, at) => (
        <td
          key={column.id}
          className={classes.pinned}
          data-align={column.align}
          aria-colindex={at + offset}
          style={{ left: leftOf(pinned, at, (each) => widths[each.id] ?? each.width, hasTicks) }}
        >
          {column.cell(row)}
        </td>
      ))}
      {hasGap && <td aria-hidden="true" />}
      {shown.map((column, at) => (
        <td
          key={column.id}
          data-align={column.align}
          aria-colindex={pinned.length + firstColumn + at + offset}
        >
          {column.cell(row)}
        </td>
      ))}
      <td aria-hidden="true" />
    </tr>
  );
}) as <Row>(props: LineProps<Row>) => ReactNode;
