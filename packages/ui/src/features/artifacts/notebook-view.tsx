import type { NotebookCell, NotebookOutput } from '@bitacora/protocol';
import { Button } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { ErrorState } from '../../errors/error-state.tsx';
import { plural } from '../../format/number.ts';
import { ScrollRegion } from '../../table/scroll-region.tsx';
import classes from './artifact-browser.module.css';
import type { ViewerProps } from './file-view.tsx';
import previewClasses from './previews.module.css';

/** The cells of a notebook with their outputs. Nothing of it runs: see `Output`. */
export function NotebookView({ path, previews, preview }: ViewerProps) {
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ['artifact-notebook', previews.key, path, preview.etag],
    queryFn: ({ pageParam, signal }) => previews.notebook({ path, first_cell: pageParam }, signal),
    initialPageParam: 0,
    getNextPageParam: ({ first_cell, cells, cell_count }) => {
      const next = Number(first_cell) + cells.length;
      return cells.length > 0 && next < Number(cell_count) ? next : undefined;
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
  });
  if (error && !data) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <p className={classes.hint}>Loading…</p>;
  const cells = data.pages.flatMap((page) => page.cells);
  const [first] = data.pages;
  return (
    <>
      <ScrollRegion className={previewClasses.notebook} aria-label="Notebook">
        {cells.map((cell, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: Cells have no other name, and never move.
          <Cell key={index} cell={cell} />
        ))}
        {cells.length === 0 && <p className={classes.hint}>This notebook has no cells.</p>}
      </ScrollRegion>
      <div className={classes.more}>
        <span className="dim" role="status">
          {hasNextPage
            ? `The first ${cells.length} of ${plural(Number(first?.cell_count ?? 0), 'cell')}`
            : plural(cells.length, 'cell')}
          {first?.language && `, ${first.language}`}
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
      </div>
    </>
  );
}

function Cell({ cell: { cell_type, source, execution_count, outputs } }: { readonly cell: NotebookCell }) {
  const isCode = cell_type === 'code';
  return (
    <div className={previewClasses.cell}>
      <span className={previewClasses.count}>{isCode && `[${execution_count ?? ' '}]`}</span>
      {isCode ? (
        <pre className={previewClasses.code}>{source}</pre>
      ) : (
        <div className={previewClasses.words}>{source}</div>
      )}
      {outputs.map((output, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: Outputs have no other name, and never move.
        <Output key={index} output={output} />
      ))}
    </div>
  );
}

/** Nothing is fetched from a frame either, not from here nor from elsewhere: it would say that somebody looks at it. */
const NO_REQUESTS =
  '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src \'unsafe-inline\'; img-src data:">';

/**
 * One form of an output: a picture as the source of an `<img>`, where nothing runs; HTML in a frame without any right, so
 * that it runs no script, sends no form and reaches nothing of this page; otherwise text.
 */
function Output({ output }: { readonly output: NotebookOutput }) {
  const { output_type, name, text, html, image, image_type, omitted } = output;
  return (
    <div
      className={previewClasses.output}
      data-error={output_type === 'error' || name === 'stderr' || undefined}
    >
      {image !== undefined ? (
        <img src={`data:${image_type};base64,${image}`} alt={text || 'Picture of the output'} />
      ) : html !== undefined ? (
        <iframe
          className={previewClasses.frame}
          sandbox=""
          srcDoc={NO_REQUESTS + html}
          title="HTML of the output"
          loading="lazy"
        />
      ) : (
        text
      )}
      {omitted.length > 0 && image === undefined && html === undefined && (
        <div className="dim">Not shown: {omitted.join(', ')}</div>
      )}
    </div>
  );
}
