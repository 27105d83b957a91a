import { parseJson } from '@bitacora/protocol';
import { SegmentedControl } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { ErrorState } from '../../errors/error-state.tsx';
import { bytesText } from '../../format/number.ts';
import { ChevronDownIcon, ChevronRightIcon } from '../../icons/icons.tsx';
import { ScrollRegion } from '../../table/scroll-region.tsx';
import classes from './artifact-browser.module.css';
import { fetchBytes } from './file-bytes.ts';
import type { ViewerProps } from './file-view.tsx';
import { type CellText, RowsGrid } from './rows-grid.tsx';
import { TextView } from './text-view.tsx';

/** Larger than this it is read as text, part by part. */
const LARGEST_BYTES = 8 * 1024 * 1024;

/** JSON as a tree that unfolds, a table where it is one, or as it is written. */
export function JsonView(props: ViewerProps) {
  const { url } = props;
  const { data, error, refetch } = useQuery({
    queryKey: ['artifact-json', url],
    queryFn: async ({ signal }) => {
      const { bytes, size } = await fetchBytes(url, 0, LARGEST_BYTES, signal);
      return size > bytes.length ? { size } : { size, text: new TextDecoder().decode(bytes) };
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
  });
  const [view, setView] = useState<'tree' | 'table'>();
  const read = useMemo(() => (data?.text === undefined ? undefined : readJson(data.text)), [data]);
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <p className={classes.hint}>Loading…</p>;
  if (!read || 'problem' in read) {
    return (
      <>
        {read && <p className={classes.hint}>This is not JSON: {read.problem}</p>}
        <TextView {...props} />
      </>
    );
  }
  const table = asTable(read.value);
  const shown = view ?? (table ? 'table' : 'tree');
  return (
    <>
      {shown === 'table' && table ? (
        <RowsGrid label="JSON table" header={table.columns} rows={table.rows} />
      ) : (
        <ScrollRegion className={classes.json} aria-label="JSON">
          <ul>
            <Node name={undefined} value={read.value} isOpenAtFirst />
          </ul>
        </ScrollRegion>
      )}
      <div className={classes.more}>
        <span className="dim">{bytesText(data.size)}</span>
        {table && (
          <SegmentedControl
            size="xs"
            aria-label="Show JSON as"
            data={[
              { value: 'tree', label: 'Tree' },
              { value: 'table', label: 'Table' },
            ]}
            value={shown}
            onChange={(next) => setView(next as 'tree' | 'table')}
          />
        )}
      </div>
    </>
  );
}

function readJson(text: string): { readonly value: unknown } | { readonly problem: string } {
  try {
    return { value: parseJson(text) };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

interface JsonTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly CellText[])[];
}

/** What `mlflow.log_table` writes: `columns` and `data`, a list of rows. */
export function asTable(value: unknown): JsonTable | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { columns, data } = value as Readonly<Record<string, unknown>>;
  if (!Array.isArray(columns) || !Array.isArray(data) || !data.every((row) => Array.isArray(row)))
    return undefined;
  return {
    columns: columns.map((name) => cellText(name) ?? ''),
    rows: data.map((row) => row.map(cellText)),
  };
}

function cellText(value: unknown): CellText {
  if (value === null || value === undefined) return null;
  return typeof value === 'object'
    ? JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner))
    : String(value);
}

/** A list of thousands unfolds a hundred at a time. */
const CHILDREN_AT_ONCE = 100;

interface NodeProps {
  readonly name: string | undefined;
  readonly value: unknown;
  readonly isOpenAtFirst?: boolean;
}

function Node({ name, value, isOpenAtFirst = false }: NodeProps) {
  const [isOpen, setOpen] = useState(isOpenAtFirst);
  const [most, setMost] = useState(CHILDREN_AT_ONCE);
  const label = name !== undefined && <span className={classes.jsonKey}>{name}: </span>;
  if (typeof value !== 'object' || value === null) {
    return (
      <li>
        {label}
        <Leaf value={value} />
      </li>
    );
  }
  const isList = Array.isArray(value);
  const keys = isList ? undefined : Object.keys(value);
  const count = isList ? value.length : (keys?.length ?? 0);
  const summary = isList ? `[${count}]` : `{${count}}`;
  return (
    <li>
      <button type="button" className={classes.node} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        {isOpen ? <ChevronDownIcon size={12} /> : <ChevronRightIcon size={12} />}
        {label}
        <span className="dim">{summary}</span>
      </button>
      {isOpen && (
        <ul>
          {Array.from({ length: Math.min(most, count) }, (_, index) => {
            const key = keys ? keys[index]! : String(index);
            return <Node key={key} name={key} value={(value as Readonly<Record<string, unknown>>)[key]} />;
          })}
          {count > most && (
            <li>
              <button type="button" className={classes.node} onClick={() => setMost(most + CHILDREN_AT_ONCE)}>
                {count - most} more…
              </button>
            </li>
          )}
        </ul>
      )}
    </li>
  );
}

function Leaf({ value }: { readonly value: unknown }) {
  if (typeof value === 'string') return <span className={classes.jsonText}>"{value}"</span>;
  if (typeof value === 'number' || typeof value === 'bigint')
    return <span className={classes.jsonNumber}>{String(value)}</span>;
  return <span className={classes.jsonWord}>{String(value)}</span>;
}
