import type { Run } from '@bitacora/protocol';
import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { notify, notifyFailure } from '../../app/notices.tsx';
import { plural } from '../../format/number.ts';
import { CompareIcon, RestoreIcon, TrashIcon } from '../../icons/icons.tsx';
import { toCompareSearch } from './compare-location.ts';
import { useDeleteRuns, useRestoreRuns } from './queries.ts';
import classes from './selection-bar.module.css';

interface SelectionBarProps {
  readonly runs: readonly Run[];
  readonly count: number;
  readonly isTrash: boolean;
  readonly onClear: () => void;
}

/** What can be done to the runs that are ticked. */
export function SelectionBar({ runs, count, isTrash, onClear }: SelectionBarProps) {
  const remove = useDeleteRuns();
  const restore = useRestoreRuns();
  const ids = runs.map(({ info }) => info.run_id);
  const things = plural(ids.length, 'run');
  const bringBack = (runIds: readonly string[]) =>
    restore.mutateAsync(runIds).then(
      // Promises, not the callbacks of `mutate`: those are dropped when this bar is gone.
      () => notify({ kind: 'done', text: `Restored ${plural(runIds.length, 'run')}.` }),
      notifyFailure('Not all runs were restored'),
    );
  return (
    <section className={classes.bar} aria-label="Selected runs">
      <strong role="status">{plural(count, 'run')} selected</strong>
      <Button
        variant="default"
        leftSection={<CompareIcon size={14} />}
        renderRoot={(props) => <Link to="/compare-runs" search={toCompareSearch(runs)} {...props} />}
      >
        Compare
      </Button>
      {isTrash ? (
        <Button
          variant="default"
          leftSection={<RestoreIcon size={14} />}
          loading={restore.isPending}
          onClick={() => {
            onClear();
            void bringBack(ids);
          }}
        >
          Restore
        </Button>
      ) : (
        <Button
          variant="default"
          leftSection={<TrashIcon size={14} />}
          loading={remove.isPending}
          onClick={() =>
            void remove.mutateAsync(ids).then(() => {
              onClear();
              notify({
                kind: 'done',
                text: `Moved ${things} to the trash.`,
                action: { label: 'Undo', run: () => void bringBack(ids) },
              });
            }, notifyFailure('Not all runs were deleted'))
          }
        >
          Delete
        </Button>
      )}
      <Button variant="subtle" onClick={onClear}>
        Clear
      </Button>
    </section>
  );
}
