import { parseJson } from '@bitacora/protocol';
import { Anchor, Button, Code, Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { BASE_URL } from '../../api/client.ts';
import { bytes } from '../../app/display.ts';
import { Problem } from '../../app/error-page.tsx';
import { type Column, VirtualTable } from '../../table/virtual-table.tsx';
import { type FileKind, fileKind, parseDelimited } from './file-kind.ts';
import { JsonTree } from './json-tree.tsx';

/** Bytes of a text that are fetched at first; the rest is asked for. */
const FIRST_BYTES = 512 * 1024;

interface Props {
  readonly runId: string;
  readonly path: string;
}

const fileUrl = ({ runId, path }: Props) =>
  `${BASE_URL}get-artifact?${new URLSearchParams({ run_id: runId, path })}`;

export function ArtifactView({ runId, path }: Props) {
  const kind = fileKind(path);
  const url = fileUrl({ runId, path });
  return (
    <section aria-label={`Artifact ${path}`} style={{ minWidth: 0 }}>
      <Group justify="space-between" mb="sm">
        <Code>{path}</Code>
        <Anchor href={url} download size="sm">
          Download
        </Anchor>
      </Group>
      {kind === 'image' ? (
        <Picture url={url} path={path} />
      ) : kind === 'other' ? (
        <Text c="dimmed">This kind of file is not shown here. Download it.</Text>
      ) : (
        <TextFile url={url} kind={kind} path={path} />
      )}
    </section>
  );
}

/** Fetched as data and shown from memory: the server sends files as attachments only. */
function Picture({ url, path }: { readonly url: string; readonly path: string }) {
  const { data, error } = useQuery({
    queryKey: ['artifact', url],
    queryFn: async ({ signal }) => {
      const response = await fetch(url, { signal });
      if (!response.ok) throw new Error(`The file could not be fetched (${response.status}).`);
      const content = await response.blob();
      return path.toLowerCase().endsWith('.svg') ? new Blob([content], { type: 'image/svg+xml' }) : content;
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
  const [source, setSource] = useState<string>();
  useEffect(() => {
    if (!data) return;
    const address = URL.createObjectURL(data);
    setSource(address);
    return () => URL.revokeObjectURL(address);
  }, [data]);
  if (error) return <Problem error={error} />;
  return source ? (
    <img src={source} alt={path} style={{ maxWidth: '100%', background: '#fff' }} />
  ) : (
    <Text c="dimmed">Loading…</Text>
  );
}

interface TextPart {
  readonly text: string;
  readonly size: number;
  readonly isWhole: boolean;
}

async function fetchText(url: string, most: number, signal: AbortSignal): Promise<TextPart> {
  const response = await fetch(url, { headers: { range: `bytes=0-${most - 1}` }, signal });
  // An empty file has no first byte to ask for.
  if (response.status === 416) return { text: '', size: 0, isWhole: true };
  if (!response.ok) throw new Error(`The file could not be fetched (${response.status}).`);
  const content = await response.arrayBuffer();
  const total = Number(response.headers.get('content-range')?.split('/').at(-1) ?? content.byteLength);
  return { text: new TextDecoder().decode(content), size: total, isWhole: content.byteLength >= total };
}

function TextFile({
  url,
  kind,
  path,
}: {
  readonly url: string;
  readonly kind: FileKind;
  readonly path: string;
}) {
  const [most, setMost] = useState(FIRST_BYTES);
  const { data, error } = useQuery({
    queryKey: ['artifact', url, most],
    queryFn: ({ signal }) => fetchText(url, most, signal),
    placeholderData: (previous) => previous,
  });
  if (error) return <Problem error={error} />;
  if (!data) return <Text c="dimmed">Loading…</Text>;
  return (
    <>
      <TextContent part={data} kind={kind} path={path} />
      {!data.isWhole && (
        <Group mt="sm">
          <Text size="sm" c="dimmed">
            The first {bytes(most)} of {bytes(data.size)}.
          </Text>
          <Button size="xs" variant="light" onClick={() => setMost(most * 4)}>
            Load more
          </Button>
        </Group>
      )}
    </>
  );
}

function TextContent({
  part,
  kind,
  path,
}: {
  readonly part: TextPart;
  readonly kind: FileKind;
  readonly path: string;
}) {
  const json = useMemo(
    () => (kind === 'json' && part.isWhole ? tryParse(part.text) : undefined),
    [part, kind],
  );
  const table = useMemo(() => {
    if (kind === 'table') return parseDelimited(part.text, path.endsWith('.tsv') ? '\t' : ',');
    return json && tableOf(json.value);
  }, [part, kind, path, json]);
  if (table && table.length > 0) return <DelimitedTable rows={table} />;
  if (json) return <JsonTree value={json.value} />;
  return <pre className="viewer">{part.text === '' ? '(empty)' : part.text}</pre>;
}

function tryParse(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: parseJson(text) };
  } catch {
    return undefined; // Not JSON whatever its name says: it is shown as the text that it is.
  }
}

/** `mlflow.log_table` writes `{"columns": […], "data": [[…]]}`. */
function tableOf(value: unknown): string[][] | undefined {
  const { columns, data } = (value ?? {}) as { columns?: unknown; data?: unknown };
  if (!Array.isArray(columns) || !Array.isArray(data) || !data.every(Array.isArray)) return undefined;
  const text = (cell: unknown) => (typeof cell === 'string' ? cell : JSON.stringify(cell));
  return [columns.map(text), ...(data as unknown[][]).map((row) => row.map(text))];
}

interface NumberedRow {
  readonly index: number;
  readonly cells: readonly string[];
}

function DelimitedTable({ rows: [head = [], ...body] }: { readonly rows: readonly (readonly string[])[] }) {
  const columns: Column<NumberedRow>[] = head.map((title, index) => ({
    id: String(index),
    title,
    width: 140,
    cell: ({ cells }) => <span title={cells[index]}>{cells[index]}</span>,
  }));
  return (
    <div style={{ height: '60dvh', display: 'flex' }}>
      <VirtualTable
        label="File content"
        columns={columns}
        rows={body.map((cells, index) => ({ index, cells }))}
        rowKey={({ index }) => String(index)}
        empty="No rows."
      />
    </div>
  );
}
