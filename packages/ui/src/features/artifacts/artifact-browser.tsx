import { type FileInfo, listArtifacts } from '@bitacora/protocol';
import { Group, Text } from '@mantine/core';
import { useState } from 'react';
import { useCall } from '../../api/use-call.ts';
import { bytes } from '../../app/display.ts';
import { Problem } from '../../app/error-page.tsx';
import { ArtifactView } from './artifact-view.tsx';

interface Props {
  readonly runId: string;
  /** The file or folder that is open, relative to the run. */
  readonly path: string;
  readonly onOpen: (path: string) => void;
}

/** The files of a run: a tree whose folders are read when they are opened, and the chosen file beside it. */
export function ArtifactBrowser({ runId, path, onOpen }: Props) {
  return (
    <div className="panes">
      <nav
        aria-label="Artifacts"
        style={{
          borderRight: '1px solid var(--mantine-color-default-border)',
          paddingRight: '0.75rem',
          overflow: 'auto',
        }}
      >
        <Folder runId={runId} folder="" depth={0} chosen={path} onOpen={onOpen} />
      </nav>
      {path === '' ? (
        <Text c="dimmed">Choose a file to look at it.</Text>
      ) : (
        <ArtifactView key={path} runId={runId} path={path} />
      )}
    </div>
  );
}

interface FolderProps {
  readonly runId: string;
  readonly folder: string;
  readonly depth: number;
  readonly chosen: string;
  readonly onOpen: (path: string) => void;
}

function Folder({ runId, folder, depth, chosen, onOpen }: FolderProps) {
  const { data, error, isPending } = useCall(listArtifacts, { run_id: runId, path: folder });
  if (error) return <Problem error={error} />;
  if (isPending)
    return (
      <Text size="sm" c="dimmed">
        Loading…
      </Text>
    );
  const files = data?.files ?? [];
  if (files.length === 0)
    return (
      <Text size="sm" c="dimmed" pl={depth * 14}>
        {depth === 0 ? 'No artifacts.' : 'Empty.'}
      </Text>
    );
  return (
    <ul style={{ listStyle: 'none', margin: 0, padding: 0 }}>
      {files.map((file) => (
        <Entry key={file.path} file={file} runId={runId} depth={depth} chosen={chosen} onOpen={onOpen} />
      ))}
    </ul>
  );
}

function Entry({
  file,
  runId,
  depth,
  chosen,
  onOpen,
}: Omit<FolderProps, 'folder'> & { readonly file: FileInfo }) {
  const [choice, setOpen] = useState<boolean>();
  // What holds the chosen file is open until someone closes it.
  const isOpen = choice ?? chosen.startsWith(`${file.path}/`);
  const name = file.path.split('/').at(-1);
  const isChosen = chosen === file.path;
  const act = () => (file.is_dir ? setOpen(!isOpen) : onOpen(file.path));
  return (
    <li>
      <button
        type="button"
        className="grid-sort truncate"
        onClick={act}
        aria-expanded={file.is_dir ? isOpen : undefined}
        aria-current={isChosen ? 'true' : undefined}
        title={file.path}
        style={{
          padding: `3px 6px 3px ${6 + depth * 14}px`,
          borderRadius: 4,
          background: isChosen ? 'var(--mantine-primary-color-light)' : undefined,
          fontSize: '0.85rem',
        }}
      >
        <Group gap={6} wrap="nowrap" justify="space-between">
          <span className="truncate">
            <span aria-hidden="true">{file.is_dir ? (isOpen ? '▾ ' : '▸ ') : '· '}</span>
            {name}
          </span>
          <Text span size="xs" c="dimmed">
            {bytes(file.file_size)}
          </Text>
        </Group>
      </button>
      {file.is_dir && isOpen && (
        <Folder runId={runId} folder={file.path} depth={depth + 1} chosen={chosen} onOpen={onOpen} />
      )}
    </li>
  );
}
