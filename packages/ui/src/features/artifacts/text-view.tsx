import { Button, Switch } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef, useState } from 'react';
import { ErrorState } from '../../errors/error-state.tsx';
import { bytesText, plural } from '../../format/number.ts';
import { ScrollRegion } from '../../table/scroll-region.tsx';
import classes from './artifact-browser.module.css';
import { fetchBytes } from './file-bytes.ts';
import type { ViewerProps } from './file-view.tsx';

const PART_BYTES = 512 * 1024;
/** Up to here the browser draws the text as one block, which it can search. */
const MOST_PLAIN_LINES = 4_000;
const MOST_PLAIN_CHARACTERS = 400_000;
const LINE_HEIGHT = 20;
/** A line may be a whole file; more than this of it is not drawn. */
const LONGEST_LINE = 4_000;

/** Text, part by part, with line numbers. */
export function TextView({ url }: ViewerProps) {
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ['artifact-text', url],
    queryFn: ({ pageParam, signal }) => fetchBytes(url, pageParam, PART_BYTES, signal),
    initialPageParam: 0,
    getNextPageParam: (part, _parts, from) => {
      const next = from + part.bytes.length;
      return part.bytes.length > 0 && next < part.size ? next : undefined;
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
  });
  const [isWrapped, setWrapped] = useState(false);
  const text = useMemo(() => {
    // One decoder for all parts: a character may lie across two of them.
    const decoder = new TextDecoder();
    const parts = data?.pages ?? [];
    return parts.map(({ bytes }) => decoder.decode(bytes, { stream: true })).join('') + decoder.decode();
  }, [data]);
  const lines = useMemo(() => text.split('\n'), [text]);

  if (error && !data) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <p className={classes.hint}>Loading…</p>;
  const size = data.pages[0]?.size ?? 0;
  const loaded = data.pages.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const isPlain = lines.length <= MOST_PLAIN_LINES && text.length <= MOST_PLAIN_CHARACTERS;
  return (
    <>
      {isPlain ? (
        <ScrollRegion
          className={`${classes.text} ${isWrapped ? classes.wrap : ''}`}
          aria-label="File content"
        >
          {!isWrapped && (
            <pre className={classes.numbers} aria-hidden="true">
              {lines.map((_, index) => index + 1).join('\n')}
            </pre>
          )}
          <pre>{text}</pre>
        </ScrollRegion>
      ) : (
        <ManyLines lines={lines} />
      )}
      <div className={classes.more}>
        <span className="dim" role="status">
          {hasNextPage
            ? `The first ${bytesText(loaded)} of ${bytesText(size)}`
            : `${plural(lines.length, 'line')}, ${bytesText(size)}`}
        </span>
        {hasNextPage && (
          <Button
            variant="default"
            size="compact-xs"
            loading={isFetchingNextPage}
            onClick={() => void fetchNextPage()}
          >
            Load more
          </Button>
        )}
        {isPlain && (
          <Switch
            size="xs"
            label="Wrap lines"
            checked={isWrapped}
            onChange={(event) => setWrapped(event.currentTarget.checked)}
          />
        )}
      </div>
    </>
  );
}

function ManyLines({ lines }: { readonly lines: readonly string[] }) {
  const scroller = useRef<HTMLElement>(null);
  const window = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_HEIGHT,
    overscan: 20,
  });
  return (
    <ScrollRegion ref={scroller} className={classes.text} aria-label="File content">
      <div className={classes.lines} style={{ height: window.getTotalSize() }}>
        {window.getVirtualItems().map(({ index, start }) => {
          const line = lines[index]!;
          return (
            <div key={index} className={classes.lineRow} style={{ top: start }}>
              <span className={classes.lineNumber}>{index + 1}</span>
              {line.length > LONGEST_LINE
                ? `${line.slice(0, LONGEST_LINE)}… (${line.length} characters)`
                : line}
            </div>
          );
        })}
      </div>
    </ScrollRegion>
  );
}
