import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ImageIcon } from '../../icons/icons.tsx';
import { baseName } from './paths.ts';
import classes from './previews.module.css';
import type { ArtifactSource } from './source.ts';
import { hasThumbnail } from './viewer-kind.ts';

/** More than this are scrolled past, not looked at. */
const MOST_PICTURES = 300;
const WIDTH = 256;

interface PicturesProps {
  readonly source: ArtifactSource;
  /** Of the folder. */
  readonly path: string;
  readonly onOpen: (path: string) => void;
}

/** The pictures of a folder, small; those out of view are not fetched. */
export function Pictures({ source, path, onOpen }: PicturesProps) {
  const { data } = useQuery(source.folder(path));
  const pictures = (data?.files ?? []).filter((file) => !file.is_dir && hasThumbnail(file.path));
  if (pictures.length === 0) return null;
  return (
    <ul className={classes.pictures} aria-label="Pictures">
      {pictures.slice(0, MOST_PICTURES).map((file) => (
        <li key={file.path}>
          <button type="button" title={file.path} onClick={() => onOpen(file.path)}>
            <Picture source={source} path={file.path} />
            <span className="truncate">{baseName(file.path)}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function Picture({ source, path }: { readonly source: ArtifactSource; readonly path: string }) {
  const [isBroken, setBroken] = useState(false);
  if (isBroken) return <ImageIcon size={32} />;
  return (
    <img
      src={source.previews.thumbnailUrl(path, WIDTH)}
      alt=""
      loading="lazy"
      onError={() => setBroken(true)}
    />
  );
}
