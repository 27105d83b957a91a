import type { RowPage } from '@bitacora/protocol';
import type { CellText } from './rows-grid.tsx';

type Page = Pick<RowPage, 'format' | 'columns' | 'rows'>;
type TableColumn = RowPage['columns'][number];

export interface JoinedRows {
  readonly columns: readonly TableColumn[];
  readonly rows: readonly (readonly CellText[])[];
}

/** Pages that follow one another as one table. Of JSON lines, each page has the keys that are in it. */
export function joinPages(pages: readonly Page[]): JoinedRows {
  if (pages[0]?.format !== 'jsonl') {
    const widest = pages.reduce<readonly TableColumn[]>(
      (most, { columns }) => (columns.length > most.length ? columns : most),
      [],
    );
    return { columns: widest, rows: pages.flatMap(({ rows }) => rows.map((row) => row.map(cellText))) };
  }
  const columns = new Map<string, TableColumn>();
  for (const column of pages.flatMap((page) => page.columns)) {
    const known = columns.get(column.name);
    const isOther = known !== undefined && known.type !== column.type && column.type !== 'null';
    if (known === undefined || known.type === 'null') columns.set(column.name, column);
    else if (isOther) columns.set(column.name, { name: column.name, type: 'mixed' });
  }
  const rows = pages.flatMap((page) => {
    const places = new Map(page.columns.map(({ name }, at) => [name, at]));
    const order = [...columns.keys()].map((name) => places.get(name) ?? -1);
    return page.rows.map((row) => order.map((at) => cellText(row[at])));
  });
  return { columns: [...columns.values()], rows };
}

const cellText = (value: unknown): CellText => (value === null || value === undefined ? null : String(value));
