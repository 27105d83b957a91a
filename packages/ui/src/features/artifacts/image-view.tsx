import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { ErrorState } from '../../errors/error-state.tsx';
import { bytesText } from '../../format/number.ts';
import classes from './artifact-browser.module.css';
import { fetchBytes } from './file-bytes.ts';
import type { ViewerProps } from './file-view.tsx';
import { baseName } from './paths.ts';
import { imageType } from './viewer-kind.ts';

const LARGEST_BYTES = 64 * 1024 * 1024;

/** A picture. As the source of an `<img>` even an SVG runs no script and loads nothing. */
export function ImageView({ path, url, previews, preview }: ViewerProps) {
  const { data, error, refetch } = useQuery({
    queryKey: ['artifact-image', url],
    queryFn: ({ signal }) => fetchBytes(url, 0, LARGEST_BYTES, signal),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
  });
  const [isFull, setFull] = useState(false);
  const [pixels, setPixels] = useState('');
  const address = useMemo(
    () => data && URL.createObjectURL(new Blob([data.bytes], { type: imageType(preview.format) })),
    [data, preview.format],
  );
  useEffect(() => {
    if (address === undefined) return;
    return () => URL.revokeObjectURL(address);
  }, [address]);
  const [isBroken, setBroken] = useState(false);
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!address) return <p className={classes.hint}>Loading…</p>;
  return (
    <>
      <button
        type="button"
        className={classes.image}
        data-full={isFull || undefined}
        aria-label={isFull ? 'Fit into the page' : 'Show in full size'}
        style={{ border: 0, cursor: isFull ? 'zoom-out' : 'zoom-in' }}
        onClick={() => setFull(!isFull)}
      >
        <img
          // Some browsers know no TIFF: then what the server made of it is shown.
          src={isBroken ? previews.thumbnailUrl(path, 1024) : address}
          onError={() => setBroken(true)}
          alt={baseName(path)}
          onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) =>
            setPixels(`${naturalWidth} × ${naturalHeight}, `)
          }
        />
      </button>
      <div className={classes.more}>
        <span className="dim">
          {pixels}
          {bytesText(data?.size ?? 0)}
        </span>
      </div>
    </>
  );
}
