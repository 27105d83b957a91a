import { Button, Switch } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { ErrorState } from '../../errors/error-state.tsx';
import { bytesText, countText, plural } from '../../format/number.ts';
import { ScrollRegion } from '../../table/scroll-region.tsx';
import classes from './artifact-browser.module.css';
import type { ViewerProps } from './file-view.tsx';
import { FindInFile } from './find-in-file.tsx';
import { ManyLines } from './many-lines.tsx';
import { joinParts } from './text-parts.ts';

const LINES = 5_000;
/** Up to here the browser draws the text as one block, which it can search. */
const MOST_PLAIN_LINES = 4_000;
const MOST_PLAIN_CHARACTERS = 400_000;

/** Where a text is opened. */
export type Anchor =
  | { readonly at: 'start' | 'end' }
  /** A line that a search has found, by its place and number. */
  | { readonly at: 'line'; readonly byte: number; readonly line: number };

interface PartRequest {
  readonly direction: 'FORWARD' | 'BACKWARD';
  readonly at_byte?: number;
}

const firstRequest = (anchor: Anchor): PartRequest =>
  anchor.at === 'line'
    ? { direction: 'FORWARD', at_byte: anchor.byte }
    : { direction: anchor.at === 'end' ? 'BACKWARD' : 'FORWARD' };

/** Text of any size, with a search that the server does. */
export function TextView(props: ViewerProps) {
  const [anchor, setAnchor] = useState<Anchor>({ at: 'start' });
  return (
    <>
      <FindInFile {...props} onOpen={({ byte, line }) => setAnchor({ at: 'line', byte, line })} />
      <TextParts {...props} anchor={anchor} onAnchor={setAnchor} />
    </>
  );
}

interface TextPartsProps extends ViewerProps {
  readonly anchor: Anchor;
  readonly onAnchor: (anchor: Anchor) => void;
}

/** What is around a place, part by part in both directions. */
function TextParts({ path, previews, preview, anchor, onAnchor }: TextPartsProps) {
  const [isWrapped, setWrapped] = useState(false);
  const query = useInfiniteQuery({
    queryKey: ['artifact-text', previews.key, path, preview.etag, anchor],
    queryFn: ({ pageParam, signal }) =>
      previews.text({ path, ...pageParam, max_lines: LINES, encoding: preview.encoding ?? 'utf-8' }, signal),
    initialPageParam: firstRequest(anchor),
    getNextPageParam: ({ end_byte, size_bytes }): PartRequest | undefined =>
      Number(end_byte) < Number(size_bytes) ? { direction: 'FORWARD', at_byte: Number(end_byte) } : undefined,
    getPreviousPageParam: ({ start_byte }): PartRequest | undefined =>
      Number(start_byte) > 0 ? { direction: 'BACKWARD', at_byte: Number(start_byte) } : undefined,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
  });
  const { data, error, refetch } = query;
  const { lines, firstNumber, marked } = useMemo(() => {
    const pages = data?.pages ?? [];
    const anchorPart = pages.findIndex(
      ({ start_byte }) => anchor.at === 'line' && Number(start_byte) === anchor.byte,
    );
    const joined = joinParts(pages, Math.max(anchorPart, 0));
    // From the end, lines have no numbers until the beginning is reached.
    const isFromStart = Number(pages[0]?.start_byte ?? 0) === 0;
    const first = isFromStart ? 1 : anchor.at === 'line' ? anchor.line - joined.anchor : undefined;
    return {
      lines: joined.lines,
      firstNumber: first,
      marked: anchor.at === 'line' ? joined.anchor : undefined,
    };
  }, [data, anchor]);
  const characters = useMemo(() => lines.reduce((sum, line) => sum + line.length + 1, 0), [lines]);
  if (error && !data) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <p className={classes.hint}>Loading…</p>;
  const size = Number(data.pages[0]?.size_bytes ?? 0);
  const shown = Number(data.pages.at(-1)?.end_byte ?? 0) - Number(data.pages[0]?.start_byte ?? 0);
  const isPlain =
    marked === undefined && lines.length <= MOST_PLAIN_LINES && characters <= MOST_PLAIN_CHARACTERS;
  const isWhole = !query.hasNextPage && !query.hasPreviousPage;
  return (
    <>
      {isPlain ? (
        <ScrollRegion
          className={`${classes.text} ${isWrapped ? classes.wrap : ''}`}
          aria-label="File content"
        >
          {!isWrapped && firstNumber !== undefined && (
            <pre className={classes.numbers} aria-hidden="true">
              {lines.map((_, index) => firstNumber + index).join('\n')}
            </pre>
          )}
          <pre>{lines.join('\n')}</pre>
        </ScrollRegion>
      ) : (
        <ManyLines
          key={JSON.stringify(anchor)}
          lines={lines}
          firstNumber={firstNumber}
          marked={marked}
          isAtEnd={anchor.at === 'end'}
        />
      )}
      <div className={classes.more}>
        <span className="dim" role="status">
          {isWhole
            ? `${plural(lines.length, 'line')}, ${bytesText(size)}`
            : `${whichText(anchor, firstNumber, lines.length)}${bytesText(shown)} of ${bytesText(size)}`}
        </span>
        {query.hasPreviousPage && (
          <Button
            variant="default"
            size="compact-xs"
            loading={query.isFetchingPreviousPage}
            onClick={() => void query.fetchPreviousPage()}
          >
            Load earlier
          </Button>
        )}
        {query.hasNextPage && (
          <Button
            variant="default"
            size="compact-xs"
            loading={query.isFetchingNextPage}
            onClick={() => void query.fetchNextPage()}
          >
            Load more
          </Button>
        )}
        {!isWhole && anchor.at !== 'start' && (
          <Button variant="default" size="compact-xs" onClick={() => onAnchor({ at: 'start' })}>
            First lines
          </Button>
        )}
        {!isWhole && anchor.at !== 'end' && (
          <Button variant="default" size="compact-xs" onClick={() => onAnchor({ at: 'end' })}>
            Last lines
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

function whichText(anchor: Anchor, first: number | undefined, count: number): string {
  if (first !== undefined && first > 1)
    return `Lines ${countText(first)} to ${countText(first + count - 1)}: `;
  return anchor.at === 'end' ? `The last ${plural(count, 'line')}: ` : `The first ${plural(count, 'line')}: `;
}
