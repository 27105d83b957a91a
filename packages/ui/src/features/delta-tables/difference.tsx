import type { compareDeltaInputs, DeltaSchemaChange, Response } from '@bitacora/protocol';
import { Switch } from '@mantine/core';
import { useState } from 'react';
import { bytesText, countText, plural } from '../../format/number.ts';
import { TimeAgo } from '../../format/time-ago.tsx';
import { ScrollRegion } from '../../table/scroll-region.tsx';
import panelClasses from '../runs/panel.module.css';
import classes from './delta-section.module.css';
import { Note } from './note.tsx';
import { type Count, columnKey, differs, nullsText, rangeText } from './values.ts';

type DifferenceOf = Response<typeof compareDeltaInputs>;

/** Two versions of a table side by side. */
export function Difference({ difference }: { readonly difference: DifferenceOf }) {
  const { before, after, is_same_table, is_from_record } = difference;
  if (is_same_table && before.version === after.version)
    return <p className={classes.same}>Both are version {String(before.version)}: nothing has changed.</p>;
  return (
    <>
      {!is_same_table && <Note kind="warn">These are two tables: one took the place of the other.</Note>}
      {is_from_record && (
        <Note kind="warn">
          The log of one version is gone. What was recorded of it is compared: columns, counts and statistics,
          but not its files.
        </Note>
      )}
      <Totals difference={difference} />
      {!difference.rows_are_exact && difference.rows_added !== undefined && (
        <p className={classes.same}>
          Files were written anew in between: rows that stayed as they were may count as added and as removed.
        </p>
      )}
      <SchemaChanges changes={difference.schema} count={Number(difference.schema_change_count)} />
      <Statistics difference={difference} />
    </>
  );
}

const count = (value: Count) => (value === undefined ? '–' : countText(Number(value)));

function Totals({ difference }: { readonly difference: DifferenceOf }) {
  const { before, after, rows_added, rows_removed, rows_are_exact } = difference;
  const { files_added_count, files_removed_count, files_changed_count, bytes_added, bytes_removed } =
    difference;
  const bound = rows_are_exact ? '' : 'up to ';
  const changed = Number(files_changed_count ?? 0);
  return (
    <ScrollRegion className={classes.totals} aria-label="Both versions, scrolling">
      <table className={panelClasses.table} aria-label="Both versions">
        <thead>
          <tr>
            <td />
            <th scope="col" className={panelClasses.number}>
              Version {String(before.version)}
            </th>
            <th scope="col" className={panelClasses.number}>
              Version {String(after.version)}
            </th>
            <th scope="col" className={panelClasses.number}>
              Added
            </th>
            <th scope="col" className={panelClasses.number}>
              Removed
            </th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">Committed</th>
            <td className={panelClasses.number}>
              <TimeAgo at={before.timestamp} />
            </td>
            <td className={panelClasses.number}>
              <TimeAgo at={after.timestamp} />
            </td>
            <td />
            <td />
          </tr>
          <tr>
            <th scope="row">Rows</th>
            <td className={panelClasses.number}>{count(before.row_count)}</td>
            <td className={panelClasses.number}>{count(after.row_count)}</td>
            <Moved sign="+" value={rows_added} bound={bound} />
            <Moved sign="−" value={rows_removed} bound={bound} />
          </tr>
          <tr>
            <th scope="row">
              Files
              {changed > 0 && <span className="dim">, {countText(changed)} with other deleted rows</span>}
            </th>
            <td className={panelClasses.number}>{count(before.file_count)}</td>
            <td className={panelClasses.number}>{count(after.file_count)}</td>
            <Moved sign="+" value={files_added_count} />
            <Moved sign="−" value={files_removed_count} />
          </tr>
          <tr>
            <th scope="row">Bytes</th>
            <td className={panelClasses.number}>{bytesText(Number(before.size_bytes))}</td>
            <td className={panelClasses.number}>{bytesText(Number(after.size_bytes))}</td>
            <Moved sign="+" value={bytes_added} text={bytesText} />
            <Moved sign="−" value={bytes_removed} text={bytesText} />
          </tr>
        </tbody>
      </table>
    </ScrollRegion>
  );
}

interface MovedProps {
  readonly sign: '+' | '−';
  readonly value: Count;
  /** Said before a number that is an upper bound. */
  readonly bound?: string;
  readonly text?: (count: number) => string;
}

function Moved({ sign, value, bound = '', text = countText }: MovedProps) {
  const moved = Number(value ?? 0);
  const colour = moved === 0 ? '' : sign === '+' ? classes.added : classes.removed;
  return (
    <td className={`${panelClasses.number} ${colour}`}>
      {value === undefined ? '–' : moved === 0 ? '0' : `${bound}${sign}${text(moved)}`}
    </td>
  );
}

interface SchemaChangesProps {
  readonly changes: readonly DeltaSchemaChange[];
  readonly count: number;
}

const MOST_CHANGES = 100;

function SchemaChanges({ changes, count: all }: SchemaChangesProps) {
  if (all === 0) return <p className={classes.same}>The columns are the same.</p>;
  const more = all - Math.min(changes.length, MOST_CHANGES);
  return (
    <div>
      <h4 className={classes.title}>{plural(all, 'change')} of the columns</h4>
      <ul className={classes.changes}>
        {changes.slice(0, MOST_CHANGES).map((change) => (
          <li key={`${change.change} ${columnKey(change.column)}`}>
            <ChangeText change={change} />
          </li>
        ))}
        {more > 0 && <li className="dim">and {countText(more)} more</li>}
      </ul>
    </div>
  );
}

function ChangeText({ change: { change, column, from, to } }: { readonly change: DeltaSchemaChange }) {
  const name = <strong>{columnKey(column)}</strong>;
  switch (change) {
    case 'added':
      return (
        <>
          <span className={classes.added}>added</span> {name} <span className="mono">{to}</span>
        </>
      );
    case 'removed':
      return (
        <>
          <span className={classes.removed}>removed</span> {name} <span className="mono">{from}</span>
        </>
      );
    case 'renamed':
      return (
        <>
          renamed <strong>{from}</strong> to <strong>{to}</strong>
        </>
      );
    case 'nullable':
      return (
        <>
          {name} {to === 'true' ? 'may be null now' : 'must not be null now'}
        </>
      );
    case 'type':
      return (
        <>
          {name} was <span className="mono">{from}</span>, is <span className="mono">{to}</span>
        </>
      );
  }
}

function Statistics({ difference: { columns, before, after } }: { readonly difference: DifferenceOf }) {
  const [isAll, setAll] = useState(false);
  const changed = columns.filter((column) => differs(column.before, column.after));
  const shown = isAll ? columns : changed;
  if (columns.length === 0) return null;
  return (
    <div>
      <div className={classes.titleLine}>
        <h4 className={classes.title}>
          Values of {changed.length} of {plural(columns.length, 'column')} differ
        </h4>
        <Switch
          size="xs"
          label="All columns"
          checked={isAll}
          onChange={(event) => setAll(event.currentTarget.checked)}
        />
      </div>
      {shown.length > 0 && (
        <ScrollRegion className={classes.scroll} aria-label="Values of the columns, scrolling">
          <table className={panelClasses.table} aria-label="Values of the columns">
            <thead>
              <tr>
                <th scope="col">Column</th>
                <th scope="col">Version {String(before.version)}</th>
                <th scope="col">Version {String(after.version)}</th>
                <th scope="col" className={panelClasses.number}>
                  Nulls
                </th>
              </tr>
            </thead>
            <tbody>
              {shown.map((column) => (
                <tr key={columnKey(column.column)}>
                  <th scope="row">{columnKey(column.column)}</th>
                  <td>{column.before ? rangeText(column.before) : <span className="dim">no column</span>}</td>
                  <td>{column.after ? rangeText(column.after) : <span className="dim">no column</span>}</td>
                  <td className={panelClasses.number}>
                    {nullsText(column.before)} → {nullsText(column.after)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollRegion>
      )}
    </div>
  );
}
