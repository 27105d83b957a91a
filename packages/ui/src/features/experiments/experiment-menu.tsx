import type { Experiment } from '@bitacora/protocol';
import { ActionIcon, Menu } from '@mantine/core';
import { useState } from 'react';
import { notify, notifyFailure } from '../../app/notices.tsx';
import { DotsIcon, PencilIcon, RestoreIcon, TrashIcon } from '../../icons/icons.tsx';
import { RenameDialog } from '../../tags/rename-dialog.tsx';
import { useDeleteExperiment, useRestoreExperiment, useUpdateExperiment } from './queries.ts';

interface ExperimentMenuProps {
  readonly experiment: Experiment;
  /** Where the experiment's own page shows the menu, leaving it after the deletion is wanted. */
  readonly onDeleted?: () => void;
}

/** What may be done to an experiment: rename, delete with a way back, restore. */
export function ExperimentMenu({ experiment, onDeleted }: ExperimentMenuProps) {
  const { experiment_id, name, lifecycle_stage } = experiment;
  const [isOpen, setOpen] = useState(false);
  const [isRenaming, setRenaming] = useState(false);
  const update = useUpdateExperiment();
  const remove = useDeleteExperiment();
  const restore = useRestoreExperiment();
  const bringBack = () =>
    restore.mutateAsync({ experiment_id }).then(
      // Promises, not the callbacks of `mutate`: those are dropped when the row, and with it this menu, is gone.
      () => notify({ kind: 'done', text: `Restored “${name}” with all its runs.` }),
      notifyFailure(`“${name}” was not restored`),
    );

  const button = (
    <ActionIcon aria-label={`Actions for ${name}`} onClick={() => setOpen(true)} aria-haspopup="menu">
      <DotsIcon />
    </ActionIcon>
  );
  return (
    <>
      {/* A menu for every row would cost a dozen elements each; it is made when it is asked for. */}
      {isOpen ? (
        <Menu opened onChange={setOpen}>
          <Menu.Target>{button}</Menu.Target>
          <Menu.Dropdown>
            {lifecycle_stage === 'deleted' ? (
              <Menu.Item leftSection={<RestoreIcon size={14} />} onClick={bringBack}>
                Restore with all its runs
              </Menu.Item>
            ) : (
              <>
                <Menu.Item leftSection={<PencilIcon size={14} />} onClick={() => setRenaming(true)}>
                  Rename
                </Menu.Item>
                <Menu.Item
                  leftSection={<TrashIcon size={14} />}
                  color="red"
                  onClick={() =>
                    void remove.mutateAsync({ experiment_id }).then(
                      () => {
                        notify({
                          kind: 'done',
                          text: `Moved “${name}” and its runs to the trash.`,
                          action: { label: 'Undo', run: bringBack },
                        });
                        onDeleted?.();
                      },
                      notifyFailure(`“${name}” was not deleted`),
                    )
                  }
                >
                  Delete
                </Menu.Item>
              </>
            )}
          </Menu.Dropdown>
        </Menu>
      ) : (
        button
      )}
      {isRenaming && (
        <RenameDialog
          what="experiment"
          name={name}
          error={update.error}
          isBusy={update.isPending}
          onClose={() => setRenaming(false)}
          onRename={(new_name) =>
            update.mutate({ experiment_id, new_name }, { onSuccess: () => setRenaming(false) })
          }
        />
      )}
    </>
  );
}
