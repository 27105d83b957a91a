import { useMemo } from 'react';
import { SearchedTable } from '../runs/searched-table.tsx';
import classes from './dataset-drawer.module.css';
import { shapeText } from './profile.ts';
import { readSchema, type SchemaPart, type SchemaRow } from './schema.ts';
import { TextBlock } from './text-block.tsx';

/** The columns or tensors of a data set; any other schema as it was logged. */
export function SchemaSection({ text }: { readonly text: string }) {
  const parts = useMemo(() => readSchema(text), [text]);
  if (text === 'null') return null;
  return (
    <section className={classes.section}>
      <h3>Schema</h3>
      {parts ? (
        parts.map((part) => <SchemaTable key={part.title} part={part} />)
      ) : (
        <TextBlock label="Schema" text={text} />
      )}
    </section>
  );
}

function SchemaTable({ part: { title, rows } }: { readonly part: SchemaPart }) {
  const hasShapes = rows.some(({ shape }) => shape !== undefined);
  return (
    <SearchedTable
      title={title}
      label={title}
      count={rows.filter(({ depth }) => depth === 0).length}
      rows={rows}
      textOf={({ name, type }) => `${name} ${type}`}
      head={
        <>
          <th scope="col">Name</th>
          <th scope="col">Type</th>
          {hasShapes && <th scope="col">Shape</th>}
          <th scope="col">Required</th>
        </>
      }
      // Names may repeat, and the order is fixed.
      line={(row, index) => <Row key={index} row={row} hasShapes={hasShapes} />}
    />
  );
}

function Row({ row, hasShapes }: { readonly row: SchemaRow; readonly hasShapes: boolean }) {
  const { name, depth, type, shape, isOptional } = row;
  return (
    <tr>
      <th scope="row" style={{ paddingLeft: 12 + depth * 18 }}>
        {name === '' ? <span className="dim">unnamed</span> : name}
      </th>
      <td className="mono">{type}</td>
      {hasShapes && (
        <td className="mono" title={shape?.includes(-1) ? '-1 stands for any size' : undefined}>
          {shape && shapeText(shape)}
        </td>
      )}
      <td>{isOptional ? <span className="dim">optional</span> : 'yes'}</td>
    </tr>
  );
}
