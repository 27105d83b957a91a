import type { DeltaSnapshot } from '@bitacora/protocol';
import { useMemo, useState } from 'react';
import { countText } from '../../format/number.ts';
import panelClasses from '../runs/panel.module.css';
import { Panel } from '../runs/panel.tsx';
import { columnKey, nullsText, rangeText } from './values.ts';

/** More are found by searching. */
const MOST_ROWS = 500;

/** The columns of a version with what its log says of their values. */
export function ColumnsView({ snapshot }: { readonly snapshot: DeltaSnapshot }) {
  const [words, setWords] = useState('');
  const rows = useMemo(() => rowsOf(snapshot), [snapshot]);
  const sought = words.trim().toLowerCase();
  const found = rows.filter(({ name, type }) => `${name} ${type}`.toLowerCase().includes(sought));
  return (
    <Panel title="Columns" count={Number(snapshot.column_count)} words={words} onWords={setWords}>
      <div className={panelClasses.scroll}>
        <table className={panelClasses.table} aria-label="Columns of the table">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Type</th>
              <th scope="col">Values</th>
              <th scope="col" className={panelClasses.number}>
                Nulls
              </th>
            </tr>
          </thead>
          <tbody>
            {found.slice(0, MOST_ROWS).map(({ name, type, isPartition, isRequired, range, nulls }) => (
              <tr key={name}>
                <th scope="row">
                  {name}
                  {isPartition && <span className="dim"> partition</span>}
                </th>
                <td className="mono">
                  {type}
                  {isRequired && ' not null'}
                </td>
                <td>{range}</td>
                <td className={panelClasses.number}>{nulls}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {found.length > MOST_ROWS && (
        <p className={panelClasses.nothing}>
          {countText(found.length - MOST_ROWS)} more are not shown. Search for one.
        </p>
      )}
    </Panel>
  );
}

/** Statistics are of fields within structs too, which come below their column. */
function rowsOf({ columns, statistics, partition_columns }: DeltaSnapshot) {
  const partitions = new Set(partition_columns);
  const ofRoot = Map.groupBy(statistics, ({ column }) => column[0] ?? '');
  return columns.flatMap(({ name, type, nullable }) => {
    const known = ofRoot.get(name) ?? [];
    const own = known.find(({ column }) => column.length === 1);
    const row = {
      name,
      type,
      isPartition: partitions.has(name),
      isRequired: !nullable,
      range: rangeText(own),
      nulls: nullsText(own),
    };
    const fields = known
      .filter(({ column }) => column.length > 1)
      .map((field) => ({
        name: columnKey(field.column),
        type: field.type,
        isPartition: false,
        isRequired: false,
        range: rangeText(field),
        nulls: nullsText(field),
      }));
    return [row, ...fields];
  });
}
