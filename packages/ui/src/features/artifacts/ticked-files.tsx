import { type DeletedArtifact, getRunArtifactSize, listArtifacts } from '@bitacora/protocol';
import { Button, Group, Modal } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { notify, notifyFailure } from '../../app/notices.tsx';
import { plural } from '../../format/number.ts';
import { TrashIcon } from '../../icons/icons.tsx';
import classes from './artifact-browser.module.css';

interface TickedFilesProps {
  readonly paths: readonly string[];
  readonly remove: (paths: readonly string[]) => Promise<readonly DeletedArtifact[]>;
  readonly onClear: () => void;
  readonly onDeleted: (paths: readonly string[]) => void;
}

/** What can be done to the files and folders that are ticked. There is no trash for them, so deleting asks first. */
export function TickedFiles({ paths, remove, onClear, onDeleted }: TickedFilesProps) {
  const [isAsking, setAsking] = useState(false);
  const queryClient = useQueryClient();
  const deletion = useMutation({
    mutationFn: () => remove(paths),
    onSettled: () =>
      Promise.all(
        [listArtifacts, getRunArtifactSize].map(({ name }) =>
          queryClient.invalidateQueries({ queryKey: [name] }),
        ),
      ),
  });
  const confirm = () =>
    void deletion.mutateAsync().then((artifacts) => {
      setAsking(false);
      onDeleted(paths);
      const failed = artifacts.filter(({ status }) => status === 'FAILED');
      notify(
        failed.length === 0
          ? { kind: 'done', text: `Deleted ${plural(artifacts.length, 'artifact')}.` }
          : {
              kind: 'failed',
              text: `${failed.length} of ${plural(artifacts.length, 'artifact')} could not be deleted: ${failed[0]?.error_message}`,
            },
      );
    }, notifyFailure('Nothing was deleted'));
  return (
    <section className={classes.ticked} aria-label="Selected artifacts">
      <strong role="status">{paths.length} selected</strong>
      <Button
        variant="default"
        size="compact-sm"
        leftSection={<TrashIcon size={14} />}
        onClick={() => setAsking(true)}
      >
        Delete
      </Button>
      <Button variant="subtle" size="compact-sm" onClick={onClear}>
        Clear
      </Button>
      {isAsking && (
        <Modal
          opened
          onClose={() => setAsking(false)}
          title={`Delete ${plural(paths.length, 'artifact')}?`}
          closeButtonProps={{ 'aria-label': 'Close' }}
        >
          These files and folders, with all in them, are deleted from the store for good.
          <ul className={classes.names}>
            {paths.map((path) => (
              <li key={path}>{path}</li>
            ))}
          </ul>
          <Group justify="flex-end" mt="md">
            <Button variant="default" onClick={() => setAsking(false)}>
              Cancel
            </Button>
            <Button color="red" loading={deletion.isPending} onClick={confirm}>
              Delete for good
            </Button>
          </Group>
        </Modal>
      )}
    </section>
  );
}
