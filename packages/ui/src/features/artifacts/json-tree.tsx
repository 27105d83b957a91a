import { Button } from '@mantine/core';
import { useState } from 'react';

/** Children of one node that are drawn at first. */
const FIRST = 100;

interface Props {
  readonly value: unknown;
  readonly name?: string;
  readonly depth?: number;
}

/** A JSON value whose branches are drawn when they are opened. */
export function JsonTree({ value, name, depth = 0 }: Props) {
  const [isOpen, setOpen] = useState(depth < 2);
  const [most, setMost] = useState(FIRST);
  const label = name === undefined ? '' : `${name}: `;
  const style = { paddingLeft: depth * 16 };
  if (value === null || typeof value !== 'object') {
    return (
      <div className="viewer" style={style}>
        {label}
        {typeof value === 'bigint' ? String(value) : JSON.stringify(value)}
      </div>
    );
  }
  const entries = Object.entries(value);
  const summary = Array.isArray(value) ? `[${entries.length}]` : `{${entries.length}}`;
  return (
    <div>
      <button
        type="button"
        className="grid-sort viewer"
        style={style}
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        <span aria-hidden="true">{isOpen ? '▾ ' : '▸ '}</span>
        {label}
        {summary}
      </button>
      {isOpen &&
        entries
          .slice(0, most)
          .map(([key, child]) => <JsonTree key={key} name={key} value={child} depth={depth + 1} />)}
      {isOpen && entries.length > most && (
        <Button size="compact-xs" variant="subtle" ml={(depth + 1) * 16} onClick={() => setMost(most * 5)}>
          {entries.length - most} more
        </Button>
      )}
    </div>
  );
}
