import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { lazy, type ReactNode, Suspense } from 'react';
import { CopyButton } from '../../app/copy-button.tsx';
import { ErrorState } from '../../errors/error-state.tsx';
import { bytesText } from '../../format/number.ts';
import { DownloadIcon } from '../../icons/icons.tsx';
import classes from './artifact-browser.module.css';
import { fetchBytes, looksLikeText } from './file-bytes.ts';
import { baseName } from './paths.ts';
import { isHtml, viewerKind } from './viewer-kind.ts';

const TextView = lazy(async () => ({ default: (await import('./text-view.tsx')).TextView }));
const ImageView = lazy(async () => ({ default: (await import('./image-view.tsx')).ImageView }));
const JsonView = lazy(async () => ({ default: (await import('./json-view.tsx')).JsonView }));
const TableView = lazy(async () => ({ default: (await import('./table-view.tsx')).TableView }));

export interface ViewerProps {
  readonly path: string;
  readonly url: string;
}

/** The file's name and what can be done with it, above the viewer that fits it. */
export function FileView({ path, url }: ViewerProps) {
  return (
    <>
      <div className={classes.bar}>
        <span className={classes.path}>{path}</span>
        <CopyButton value={path} what="path" />
        {isHtml(path) && <span className="dim">HTML is shown as source; it is never run here.</span>}
        <span className={classes.buttons}>
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
        <Suspense fallback={<p className={classes.hint}>Loading…</p>}>
          <Viewer path={path} url={url} />
        </Suspense>
      </div>
    </>
  );
}

function Viewer(props: ViewerProps): ReactNode {
  switch (viewerKind(props.path)) {
    case 'image':
      return <ImageView {...props} />;
    case 'json':
      return <JsonView {...props} />;
    case 'table':
      return <TableView {...props} />;
    case 'text':
      return <TextView {...props} />;
    case 'unknown':
      return <UnknownFile {...props} />;
  }
}

const GLIMPSE_BYTES = 4_096;

/** A file whose name says nothing: its first bytes may. */
function UnknownFile({ path, url }: ViewerProps) {
  const { data, error, refetch } = useQuery({
    queryKey: ['artifact-glimpse', url],
    queryFn: ({ signal }) => fetchBytes(url, 0, GLIMPSE_BYTES, signal),
  });
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return null;
  if (data.size > 0 && looksLikeText(data.bytes)) return <TextView path={path} url={url} />;
  return (
    <p className={classes.hint}>
      {data.size === 0
        ? 'This file is empty.'
        : `There is no viewer for this kind of file (${bytesText(data.size)}). Download it to look at it.`}
    </p>
  );
}
