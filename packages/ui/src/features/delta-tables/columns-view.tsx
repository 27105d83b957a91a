import type { DeltaSnapshot } from '@bitacora/protocol';
import { useMemo } from 'react';
import panelClasses from '../runs/panel.module.css';
import { SearchedTable } from '../runs/searched-table.tsx';
import { columnKey, nullsText, rangeText } from './values.ts';

/** The columns of a version with what its log says of their values. */
export function ColumnsView({ snapshot }: { readonly snapshot: DeltaSnapshot }) {
  const rows = useMemo(() => rowsOf(snapshot), [snapshot]);
  return (
    <SearchedTable
      title="Columns"
      label="Columns of the table"
      count={Number(snapshot.column_count)}
      rows={rows}
      textOf={({ name, type }) => `${name} ${type}`}
      head={
        <>
          <th scope="col">Name</th>
          <th scope="col">Type</th>
          <th scope="col">Values</th>
          <th scope="col" className={panelClasses.number}>
            Nulls
          </th>
        </>
      }
      line={({ name, type, isPartition, isRequired, range, nulls }) => (
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
      )}
    />
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
