import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { toggled } from '../../table/selection.ts';
import classes from './artifact-browser.module.css';
import { FileTree } from './file-tree.tsx';
import { FileView } from './file-view.tsx';
import { FolderView } from './folder-view.tsx';
import { parentsOf } from './paths.ts';
import type { ArtifactSource } from './source.ts';
import { TickedFiles } from './ticked-files.tsx';

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
  const file = listing.data?.files.find((listed) => listed.path === path);
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set());
  const toggle = (folder: string) =>
    setExpanded((old) => {
      const next = new Set(old);
      if (!next.delete(folder)) next.add(folder);
      return next;
    });
  return (
    <div className={classes.browser}>
      <div className={classes.side}>
        <FileTree
          source={source}
          expanded={expanded}
          onToggle={toggle}
          selected={path}
          onSelect={onOpen}
          ticked={source.remove && ticked}
          onTick={(each) => setTicked((old) => toggled(old, [], each, undefined))}
        />
        {source.remove && ticked.size > 0 && (
          <TickedFiles
            paths={[...ticked].toSorted()}
            remove={source.remove}
            onClear={() => setTicked(new Set())}
            onDeleted={(deleted) => {
              setTicked(new Set());
              if (deleted.some((each) => path === each || path.startsWith(`${each}/`))) onOpen('');
            }}
          />
        )}
      </div>
      <div className={classes.view}>
        {listing.isPending || (path === '' && listing.data?.files.length === 0) ? null : path === '' ||
          file?.is_dir ? (
          <FolderView source={source} path={path} onOpen={onOpen} />
        ) : (
          <FileView key={path} path={path} url={source.fileUrl(path)} previews={source.previews} />
        )}
      </div>
    </div>
  );
}
