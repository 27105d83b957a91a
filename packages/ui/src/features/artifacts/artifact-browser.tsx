import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import classes from './artifact-browser.module.css';
import { FileTree } from './file-tree.tsx';
import { FileView } from './file-view.tsx';
import { FolderView } from './folder-view.tsx';
import { parentsOf } from './paths.ts';
import type { ArtifactSource } from './source.ts';

interface ArtifactBrowserProps {
  readonly source: ArtifactSource;
  /** The file or folder that is open; empty for none. */
  readonly path: string;
  readonly onOpen: (path: string) => void;
}

/** A tree of files, read folder by folder, and beside it the file that is open. */
export function ArtifactBrowser({ source, path, onOpen }: ArtifactBrowserProps) {
  const [expanded, setExpanded] = useState<ReadonlySet<string>>(() => new Set([...parentsOf(path), path]));
  // A link leads into folders that nobody has opened yet.
  useEffect(() => setExpanded((old) => new Set([...old, ...parentsOf(path)])), [path]);
  // What its folder's listing says of it; the tree asks for the same listing.
  const listing = useQuery(source.folder(parentsOf(path).at(-1) ?? ''));
  const file = listing.data?.find((listed) => listed.path === path);
  const toggle = (folder: string) =>
    setExpanded((old) => {
      const next = new Set(old);
      if (!next.delete(folder)) next.add(folder);
      return next;
    });
  return (
    <div className={classes.browser}>
      <FileTree source={source} expanded={expanded} onToggle={toggle} selected={path} onSelect={onOpen} />
      <div className={classes.view}>
        {path === '' && listing.data?.length === 0 ? null : path === '' || file?.is_dir ? (
          <FolderView source={source} path={path} />
        ) : (
          <FileView key={path} path={path} url={source.fileUrl(path)} />
        )}
      </div>
    </div>
  );
}
