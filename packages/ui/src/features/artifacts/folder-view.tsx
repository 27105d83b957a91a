import type { ArtifactSize } from '@bitacora/protocol';
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { CopyButton } from '../../app/copy-button.tsx';
import { bytesText, plural } from '../../format/number.ts';
import { DownloadIcon } from '../../icons/icons.tsx';
import classes from './artifact-browser.module.css';
import { baseName } from './paths.ts';
import { Pictures } from './pictures.tsx';
import type { ArtifactSource } from './source.ts';

interface FolderViewProps {
  readonly source: ArtifactSource;
  /** Empty for all there is. */
  readonly path: string;
  readonly onOpen: (path: string) => void;
}

/** What can be done with a folder; its files are in the tree beside it. */
export function FolderView({ source, path, onOpen }: FolderViewProps) {
  const { data: size } = useQuery(source.size(path));
  return (
    <>
      <div className={classes.bar}>
        <span className={classes.path}>{path || 'All files'}</span>
        {path !== '' && <CopyButton value={path} what="path" />}
        <span className="dim" role="status">
          {size && sizeText(size)}
        </span>
        <span className={classes.buttons}>
          <Button
            component="a"
            variant="default"
            leftSection={<DownloadIcon size={14} />}
            href={source.zipUrl(path)}
            download
          >
            {path === '' ? 'Download all' : 'Download folder'}
          </Button>
        </span>
      </div>
      <p className={classes.hint}>
        {path === '' ? (
          'Choose a file to look at.'
        ) : (
          <>
            <strong>{baseName(path)}</strong> is a folder. Choose a file in it.
          </>
        )}
      </p>
      <Pictures source={source} path={path} onOpen={onOpen} />
    </>
  );
}

function sizeText({ file_count, size_bytes, is_complete }: ArtifactSize): string {
  const text = `${plural(Number(file_count), 'file')}, ${bytesText(Number(size_bytes))}`;
  return is_complete ? text : `at least ${text}`;
}
