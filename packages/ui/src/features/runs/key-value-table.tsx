import { useState } from 'react';
import { groupByPrefix } from './key-groups.ts';
import classes from './panel.module.css';
import { Panel } from './panel.tsx';

interface KeyValueTableProps {
  readonly title: string;
  readonly entries: readonly { readonly key: string; readonly value?: string | undefined }[];
}

const LONG = 240;

/** Params of a run or a model: searched by key or value, in groups where there are many. */
export function KeyValueTable({ title, entries }: KeyValueTableProps) {
  const [words, setWords] = useState('');
  const sought = words.trim().toLowerCase();
  const found = entries.filter(
    ({ key, value = '' }) => key.toLowerCase().includes(sought) || value.toLowerCase().includes(sought),
  );
  return (
    <Panel title={title} count={entries.length} words={words} onWords={setWords}>
      <div className={classes.scroll}>
        <table className={classes.table} aria-label={title}>
          <thead>
            <tr>
              <th scope="col" style={{ width: '38%' }}>
                Key
              </th>
              <th scope="col">Value</th>
            </tr>
          </thead>
          {groupByPrefix(found).map(({ prefix, entries: group }) => (
            <tbody key={prefix}>
              {prefix !== '' && (
                <tr>
                  <th scope="rowgroup" colSpan={2}>
                    {prefix}
                  </th>
                </tr>
              )}
              {group.map(({ key, value = '' }) => (
                <tr key={key}>
                  <th scope="row">{key}</th>
                  <td>
                    <Value value={value} />
                  </td>
                </tr>
              ))}
            </tbody>
          ))}
        </table>
      </div>
    </Panel>
  );
}

function Value({ value }: { readonly value: string }) {
  const [isOpen, setOpen] = useState(false);
  if (value.length <= LONG) return value;
  return (
    <>
      <span className={isOpen ? undefined : classes.long}>{isOpen ? value : `${value.slice(0, LONG)}…`}</span>
      <button type="button" className={classes.more} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        {isOpen ? 'Show less' : `Show all ${value.length} characters`}
      </button>
    </>
  );
}
