import { useMemo, useState } from 'react';
import { countText } from '../../format/number.ts';
import panelClasses from '../runs/panel.module.css';
import { Panel } from '../runs/panel.tsx';
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

/** More are found by searching. */
const MOST_ROWS = 500;

function SchemaTable({ part: { title, rows } }: { readonly part: SchemaPart }) {
  const [words, setWords] = useState('');
  const sought = words.trim().toLowerCase();
  const found = rows.filter(
    ({ name, type }) => name.toLowerCase().includes(sought) || type.toLowerCase().includes(sought),
  );
  const hasShapes = rows.some(({ shape }) => shape !== undefined);
  const count = rows.filter(({ depth }) => depth === 0).length;
  return (
    <Panel title={title} count={count} words={words} onWords={setWords}>
      <div className={panelClasses.scroll}>
        <table className={panelClasses.table} aria-label={title}>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Type</th>
              {hasShapes && <th scope="col">Shape</th>}
              <th scope="col">Required</th>
            </tr>
          </thead>
          <tbody>
            {found.slice(0, MOST_ROWS).map((row, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: Names may repeat, and the order is fixed.
              <Row key={index} row={row} hasShapes={hasShapes} />
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
