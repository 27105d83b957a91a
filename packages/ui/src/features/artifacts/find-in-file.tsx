import type { TextMatch } from '@bitacora/protocol';
import { Button, Checkbox, TextInput } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { describeError } from '../../errors/error-state.tsx';
import { bytesText, countText, plural } from '../../format/number.ts';
import { SearchIcon } from '../../icons/icons.tsx';
import type { ViewerProps } from './file-view.tsx';
import classes from './previews.module.css';

interface Place {
  readonly byte: number;
  readonly line: number;
}

interface FindInFileProps extends ViewerProps {
  readonly onOpen: (place: Place) => void;
}

/** Finds lines in the whole file, which the server reads: only what was found comes here. */
export function FindInFile({ path, previews, preview, onOpen }: FindInFileProps) {
  const [typed, setTyped] = useState('');
  const [isExact, setExact] = useState(false);
  const [wanted, setWanted] = useState<{ readonly text: string; readonly ignore_case: boolean }>();
  const [opened, setOpened] = useState<number>();
  const search = useInfiniteQuery({
    queryKey: ['artifact-search', previews.key, path, preview.etag, wanted],
    queryFn: ({ pageParam, signal }) =>
      previews.search(
        {
          path,
          text: wanted?.text ?? '',
          ignore_case: wanted?.ignore_case,
          from_byte: pageParam.byte,
          from_line: pageParam.line,
          encoding: preview.encoding ?? 'utf-8',
        },
        signal,
      ),
    initialPageParam: { byte: 0, line: 1 } as Place,
    getNextPageParam: ({ next_byte, next_line }): Place | undefined =>
      next_byte === undefined ? undefined : { byte: Number(next_byte), line: Number(next_line) },
    enabled: wanted !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
  });
  const matches = search.data?.pages.flatMap((page) => page.matches) ?? [];
  const searched = search.data?.pages.reduce((sum, page) => sum + Number(page.searched_bytes), 0) ?? 0;
  const close = () => {
    setWanted(undefined);
    setTyped('');
  };
  return (
    <>
      <search>
        <form
          className={classes.find}
          onSubmit={(event) => {
            event.preventDefault();
            setOpened(undefined);
            setWanted(typed === '' ? undefined : { text: typed, ignore_case: !isExact });
          }}
        >
          <TextInput
            type="search"
            size="xs"
            aria-label="Find in file"
            placeholder="Find in file"
            maxLength={1_000}
            leftSection={<SearchIcon size={13} />}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
          <Checkbox
            size="xs"
            label="Match case"
            checked={isExact}
            onChange={(event) => setExact(event.currentTarget.checked)}
          />
          <Button type="submit" variant="default" size="compact-sm" disabled={typed === ''}>
            Find
          </Button>
          {wanted && (
            <>
              <span className="dim" role="status">
                {search.error
                  ? describeError(search.error).message
                  : search.data
                    ? foundText(matches.length, search.hasNextPage, searched)
                    : 'Searching…'}
              </span>
              {search.hasNextPage && (
                <Button
                  variant="default"
                  size="compact-sm"
                  loading={search.isFetchingNextPage}
                  onClick={() => void search.fetchNextPage()}
                >
                  Search on
                </Button>
              )}
              <Button variant="subtle" size="compact-sm" onClick={close}>
                Close
              </Button>
            </>
          )}
        </form>
      </search>
      {matches.length > 0 && (
        <ol className={classes.matches} aria-label="Matches">
          {matches.map((match, index) => (
            <li key={`${match.line_number} ${match.start_byte}`}>
              <button
                type="button"
                aria-current={opened === index}
                onClick={() => {
                  setOpened(index);
                  onOpen({ byte: Number(match.start_byte), line: Number(match.line_number) });
                }}
              >
                <span className={classes.number}>{countText(Number(match.line_number))}</span>
                <Marked match={match} />
              </button>
            </li>
          ))}
        </ol>
      )}
    </>
  );
}

function Marked({ match: { text, match_start, match_length } }: { readonly match: TextMatch }) {
  const [start, end] = [Number(match_start), Number(match_start) + Number(match_length)];
  return (
    <span>
      {text.slice(0, start)}
      <mark>{text.slice(start, end)}</mark>
      {text.slice(end)}
    </span>
  );
}

const foundText = (count: number, hasMore: boolean, searched: number): string =>
  hasMore
    ? `${plural(count, 'line')} in the first ${bytesText(searched)}`
    : count === 0
      ? 'Nothing found'
      : plural(count, 'line');
