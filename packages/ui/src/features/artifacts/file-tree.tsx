import type { FileInfo } from '@bitacora/protocol';
import { useQueries } from '@tanstack/react-query';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useMemo, useRef } from 'react';
import { describeError } from '../../errors/error-state.tsx';
import { bytesText, plural } from '../../format/number.ts';
import { ChevronRightIcon, FileIcon, FolderIcon, ImageIcon } from '../../icons/icons.tsx';
import classes from './artifact-browser.module.css';
import { baseName } from './paths.ts';
import type { ArtifactSource, Folder } from './source.ts';
import { looksLikeImage } from './viewer-kind.ts';

const ITEM_HEIGHT = 28;
const INDENT = 16;

interface FileTreeProps {
  readonly source: ArtifactSource;
  readonly expanded: ReadonlySet<string>;
  readonly onToggle: (folder: string) => void;
  readonly selected: string;
  readonly onSelect: (path: string) => void;
  /** Those that are ticked; absent where nothing can be done to several at once. */
  readonly ticked?: ReadonlySet<string> | undefined;
  readonly onTick: (path: string) => void;
}

interface TreeItem {
  readonly file: FileInfo;
  readonly level: number;
}

/** Files in folders: each folder is read when it is opened, and only what is in view is in the document. */
export function FileTree({ source, expanded, onToggle, selected, onSelect, ticked, onTick }: FileTreeProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const folders = useMemo(
    () => ['', ...expanded].filter((path, index, all) => all.indexOf(path) === index),
    [expanded],
  );
  const listings = useQueries({
    queries: folders.map((path) => source.folder(path)),
    combine: (results) => ({
      byFolder: new Map(results.map(({ data }, index) => [folders[index]!, data])),
      error: results[0]?.error ?? undefined,
      isLoading: results[0]?.isPending ?? false,
    }),
  });
  const leftOut = [...listings.byFolder].flatMap(([folder, data]) =>
    (data?.leftOut ?? []).map((name) => (folder === '' ? name : `${folder}/${name}`)),
  );
  const items = useMemo(() => itemsOf('', 1, listings.byFolder, expanded), [listings.byFolder, expanded]);
  const lines = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ITEM_HEIGHT,
    overscan: 8,
  });
  const selectedIndex = Math.max(
    0,
    items.findIndex(({ file }) => file.path === selected),
  );

  const open = ({ file }: TreeItem) => {
    if (file.is_dir) onToggle(file.path);
    onSelect(file.path);
  };
  const walk = (event: KeyboardEvent<HTMLElement>) => {
    const at = Number((event.target as HTMLElement).dataset.index);
    const item = items[at];
    if (!item) return;
    const { file, level } = item;
    const isOpen = expanded.has(file.path);
    let next = at;
    if (event.key === 'ArrowDown') next = Math.min(items.length - 1, at + 1);
    else if (event.key === 'ArrowUp') next = Math.max(0, at - 1);
    else if (event.key === 'Home') next = 0;
    else if (event.key === 'End') next = items.length - 1;
    else if (event.key === 'ArrowRight' && file.is_dir) {
      if (isOpen) next = Math.min(items.length - 1, at + 1);
      else onToggle(file.path);
    } else if (event.key === 'ArrowLeft') {
      if (file.is_dir && isOpen) onToggle(file.path);
      else
        next = Math.max(
          0,
          items.findLastIndex((other, index) => index < at && other.level < level),
        );
    } else return;
    event.preventDefault();
    lines.scrollToIndex(next);
    requestAnimationFrame(() =>
      scroller.current?.querySelector<HTMLElement>(`[data-index="${next}"]`)?.focus({ preventScroll: true }),
    );
  };

  return (
    <div
      ref={scroller}
      className={classes.tree}
      role="tree"
      aria-label="Artifacts"
      tabIndex={-1}
      onKeyDown={walk}
    >
      {listings.error && <p className={classes.hint}>{describeError(listings.error).message}</p>}
      {!listings.error && !listings.isLoading && items.length === 0 && (
        <p className={classes.hint}>No artifacts have been logged.</p>
      )}
      {leftOut.length > 0 && (
        <p className={classes.hint} title={leftOut.join('\n')}>
          {plural(leftOut.length, 'artifact')} with a name that leads elsewhere cannot be shown.
        </p>
      )}
      <div role="none" style={{ height: lines.getTotalSize(), position: 'relative' }}>
        {lines.getVirtualItems().map(({ index, start }) => {
          const item = items[index]!;
          const { file, level } = item;
          const isOpen = expanded.has(file.path);
          return (
            <div key={file.path} role="none" className={classes.line} style={{ top: start }}>
              {ticked && (
                <input
                  type="checkbox"
                  className={classes.tick}
                  aria-label={`Select ${file.path}`}
                  tabIndex={index === selectedIndex ? 0 : -1}
                  checked={ticked.has(file.path)}
                  onChange={() => onTick(file.path)}
                />
              )}
              <button
                type="button"
                role="treeitem"
                className={classes.item}
                style={{ paddingLeft: level * INDENT - 6 }}
                data-index={index}
                tabIndex={index === selectedIndex ? 0 : -1}
                aria-level={level}
                aria-expanded={file.is_dir ? isOpen : undefined}
                aria-selected={file.path === selected}
                title={file.path}
                onClick={() => open(item)}
              >
                {file.is_dir ? (
                  <ChevronRightIcon size={13} className={`${classes.twist} ${isOpen ? classes.open : ''}`} />
                ) : (
                  <span style={{ flex: 'none', width: 13 }} />
                )}
                <Sign file={file} />
                <span className="truncate">{baseName(file.path)}</span>
                {file.file_size !== undefined && (
                  <span className={classes.size}>{bytesText(Number(file.file_size))}</span>
                )}
              </button>
            </div>
          );
        })}
      </div>
    </div>
  );
}

function Sign({ file }: { readonly file: FileInfo }) {
  if (file.is_dir) return <FolderIcon size={15} />;
  return looksLikeImage(file.path) ? <ImageIcon size={15} /> : <FileIcon size={15} />;
}

function itemsOf(
  folder: string,
  level: number,
  byFolder: ReadonlyMap<string, Folder | undefined>,
  expanded: ReadonlySet<string>,
): readonly TreeItem[] {
  return (byFolder.get(folder)?.files ?? []).flatMap((file) => [
    { file, level },
    ...(file.is_dir && expanded.has(file.path) ? itemsOf(file.path, level + 1, byFolder, expanded) : []),
  ]);
}
