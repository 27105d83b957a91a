import { SegmentedControl } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { SearchBox } from '../../table/search-box.tsx';
import pageClasses from '../../table/table-page.module.css';

interface DatasetsToolbarProps {
  readonly experimentId: string;
  readonly shown: 'datasets' | 'delta-tables';
  readonly words: string | undefined;
  readonly onWords: (words: string | undefined) => void;
}

/** Above what the runs of an experiment have read: data by data set, or by the Delta tables that it came from. */
export function DatasetsToolbar({ experimentId, shown, words, onWords }: DatasetsToolbarProps) {
  const navigate = useNavigate();
  return (
    <div className={pageClasses.toolbar}>
      <SegmentedControl
        size="xs"
        aria-label="What was read"
        data={[
          { value: 'datasets', label: 'Datasets' },
          { value: 'delta-tables', label: 'Delta tables' },
        ]}
        value={shown}
        onChange={(value) =>
          void navigate({
            to:
              value === 'datasets'
                ? '/experiments/$experimentId/datasets'
                : '/experiments/$experimentId/datasets/delta-tables',
            params: { experimentId },
          })
        }
      />
      <SearchBox
        key={shown}
        label={shown === 'datasets' ? 'Search data sets by name' : 'Search Delta tables by path'}
        placeholder={shown === 'datasets' ? 'Search by name' : 'Search by path or name'}
        words={words}
        onWords={onWords}
      />
    </div>
  );
}
