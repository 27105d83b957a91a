import { type ReactNode, useState } from 'react';
import { countText } from '../../format/number.ts';
import classes from './panel.module.css';
import { Panel } from './panel.tsx';

/** More are found by searching. */
const MOST_ROWS = 500;

interface SearchedTableProps<Row> {
  readonly title: string;
  /** The table's accessible name. */
  readonly label: string;
  /** As the title says it; rows of fields within a column may not count. */
  readonly count: number;
  readonly rows: readonly Row[];
  /** What of a row is searched. */
  readonly textOf: (row: Row) => string;
  /** The cells of the header. */
  readonly head: ReactNode;
  readonly line: (row: Row, index: number) => ReactNode;
}

/** A panel with a table of columns, of which only so many are drawn as one reads. */
export function SearchedTable<Row>({
  title,
  label,
  count,
  rows,
  textOf,
  head,
  line,
}: SearchedTableProps<Row>) {
  const [words, setWords] = useState('');
  const sought = words.trim().toLowerCase();
  const found = rows.filter((row) => textOf(row).toLowerCase().includes(sought));
  return (
    <Panel title={title} count={count} words={words} onWords={setWords}>
      <div className={classes.scroll}>
        <table className={classes.table} aria-label={label}>
          <thead>
            <tr>{head}</tr>
          </thead>
          <tbody>{found.slice(0, MOST_ROWS).map(line)}</tbody>
        </table>
      </div>
      {found.length === 0 && <p className={classes.nothing}>None has this in its name or type.</p>}
      {found.length > MOST_ROWS && (
        <p className={classes.nothing}>
          {countText(found.length - MOST_ROWS)} more are not shown. Search for one.
        </p>
      )}
    </Panel>
  );
}
