import type { ArtifactPreview } from '@bitacora/protocol';
import { Button, SegmentedControl } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { lazy, type ReactNode, Suspense, useState } from 'react';
import { CopyButton } from '../../app/copy-button.tsx';
import { ErrorState } from '../../errors/error-state.tsx';
import { bytesText } from '../../format/number.ts';
import { DownloadIcon } from '../../icons/icons.tsx';
import classes from './artifact-browser.module.css';
import { baseName } from './paths.ts';
import type { ArtifactPreviews } from './previews.ts';
import { isHtml } from './viewer-kind.ts';

const TextView = lazy(async () => ({ default: (await import('./text-view.tsx')).TextView }));
const ImageView = lazy(async () => ({ default: (await import('./image-view.tsx')).ImageView }));
const JsonView = lazy(async () => ({ default: (await import('./json-view.tsx')).JsonView }));
const TableView = lazy(async () => ({ default: (await import('./table-view.tsx')).TableView }));
const ArrayView = lazy(async () => ({ default: (await import('./array-view.tsx')).ArrayView }));
const NotebookView = lazy(async () => ({ default: (await import('./notebook-view.tsx')).NotebookView }));

export interface ViewerProps {
  readonly path: string;
  /** Where the bytes come from. */
  readonly url: string;
  readonly previews: ArtifactPreviews;
  readonly preview: ArtifactPreview;
}

type View = NonNullable<ArtifactPreview['views'][number]>;

const LABELS: Readonly<Record<View, string>> = {
  TEXT: 'Text',
  ROWS: 'Table',
  ARRAY: 'Array',
  NOTEBOOK: 'Notebook',
  JSON: 'JSON',
  PICTURE: 'Picture',
};

/** The file's name and what can be done with it, above the viewer that fits its content. */
export function FileView({ path, url, previews }: Omit<ViewerProps, 'preview'>) {
  const { data, error, refetch } = useQuery({
    queryKey: ['artifact-preview', previews.key, path],
    queryFn: ({ signal }) => previews.describe(path, signal),
    staleTime: 15_000,
  });
  const [chosen, setChosen] = useState<View>();
  const views = (data?.views ?? []).filter((each) => each !== undefined);
  const view = chosen ?? views[0];
  return (
    <>
      <div className={classes.bar}>
        <span className={classes.path}>{path}</span>
        <CopyButton value={path} what="path" />
        {data && <span className="dim">{bytesText(Number(data.size_bytes))}</span>}
        {isHtml(path) && <span className="dim">HTML is shown as source; it is never run here.</span>}
        <span className={classes.buttons}>
          {views.length > 1 && view && (
            <SegmentedControl
              size="xs"
              aria-label="Show as"
              data={views.map((each) => ({ value: each, label: LABELS[each] }))}
              value={view}
              onChange={(next) => setChosen(next as View)}
            />
          )}
          <Button
            component="a"
            variant="default"
            leftSection={<DownloadIcon size={14} />}
            href={url}
            download={baseName(path)}
          >
            Download
          </Button>
        </span>
      </div>
      <div className={classes.body}>
        {error && <ErrorState error={error} onRetry={() => void refetch()} />}
        {data && (
          <Suspense fallback={<p className={classes.hint}>Loading…</p>}>
            <Viewer view={view} path={path} url={url} previews={previews} preview={data} />
          </Suspense>
        )}
      </div>
    </>
  );
}

function Viewer({ view, ...props }: ViewerProps & { readonly view: View | undefined }): ReactNode {
  switch (view) {
    case 'TEXT':
      return <TextView {...props} />;
    case 'ROWS':
      return <TableView {...props} />;
    case 'ARRAY':
      return <ArrayView {...props} />;
    case 'NOTEBOOK':
      return <NotebookView {...props} />;
    case 'JSON':
      return <JsonView {...props} />;
    case 'PICTURE':
      return <ImageView {...props} />;
    default:
      return <p className={classes.hint}>{reasonFor(props.preview)}</p>;
  }
}

function reasonFor({ format, size_bytes }: ArtifactPreview): string {
  if (format === 'empty') return 'This file is empty.';
  const size = bytesText(Number(size_bytes));
  if (format === 'pickle')
    return `This is a pickle (${size}), which holds code. It is never loaded here; download it to look at it.`;
  return format === 'unknown'
    ? `There is no viewer for this kind of file (${size}). Download it to look at it.`
    : `There is no viewer for ${format} (${size}). Download it to look at it.`;
}
