import type { CSSProperties, KeyboardEvent, PointerEvent } from 'react';
import { ArrowDownIcon, ArrowUpIcon } from '../icons/icons.tsx';
import type { Column, Sort } from './column.ts';
import classes from './grid.module.css';

const NARROWEST = 60;
const WIDEST = 900;
const KEY_STEP = 16;

interface HeaderCellProps<Row> {
  readonly column: Column<Row>;
  readonly columnIndex: number;
  readonly width: number;
  readonly sort: Sort | undefined;
  readonly onSort: ((columnId: string) => void) | undefined;
  readonly onResize: ((columnId: string, width: number | undefined) => void) | undefined;
  readonly style?: CSSProperties | undefined;
}

/** The name of a column: sorts when clicked, is widened by its right edge or by Alt and the arrow keys. */
export function HeaderCell<Row>({
  column,
  columnIndex,
  width,
  sort,
  onSort,
  onResize,
  style,
}: HeaderCellProps<Row>) {
  const { id, title, group, align, pinned, sortable } = column;
  const resize = (next: number) => onResize?.(id, Math.min(WIDEST, Math.max(NARROWEST, Math.round(next))));

  const drag = (event: PointerEvent<HTMLElement>) => {
    event.preventDefault();
    const handle = event.currentTarget;
    const from = event.clientX;
    handle.setPointerCapture(event.pointerId);
    const move = (moved: globalThis.PointerEvent) => resize(width + moved.clientX - from);
    handle.addEventListener('pointermove', move);
    handle.addEventListener('lostpointercapture', () => handle.removeEventListener('pointermove', move), {
      once: true,
    });
  };
  const nudge = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowRight' ? KEY_STEP : event.key === 'ArrowLeft' ? -KEY_STEP : 0;
    if (!event.altKey || step === 0 || !onResize) return;
    event.preventDefault();
    resize(width + step);
  };

  const words = (
    <span className={classes.words}>
      {group !== undefined && <span className={classes.group}>{group}</span>}
      <span className={classes.title}>{title}</span>
    </span>
  );
  return (
    <th
      scope="col"
      className={pinned ? classes.pinned : undefined}
      style={style}
      data-align={align}
      aria-colindex={columnIndex}
      aria-sort={sort ? (sort.ascending ? 'ascending' : 'descending') : undefined}
    >
      {sortable && onSort ? (
        <button
          type="button"
          className={classes.sort}
          onClick={() => onSort(id)}
          onKeyDown={nudge}
          title={title}
        >
          {words}
          {sort && (sort.ascending ? <ArrowUpIcon size={13} /> : <ArrowDownIcon size={13} />)}
        </button>
      ) : (
        <span className={classes.sort} title={title}>
          {words}
        </span>
      )}
      {onResize && (
        <span
          className={classes.handle}
          aria-hidden="true"
          onPointerDown={drag}
          onDoubleClick={() => onResize(id, undefined)}
        />
      )}
    </th>
  );
}
