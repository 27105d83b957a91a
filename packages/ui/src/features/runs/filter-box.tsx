import { parseFilter, SearchSyntaxError } from '@bitacora/search';
import { Button, Group, Loader, Text } from '@mantine/core';
import { lazy, Suspense, useEffect, useState } from 'react';

const FilterEditor = lazy(() =>
  import('./filter-editor.tsx').then(({ FilterEditor }) => ({ default: FilterEditor })),
);

interface Props {
  readonly value: string;
  readonly onSearch: (filter: string) => void;
  /** Names that may be completed, such as `metrics.loss`. */
  readonly names: readonly string[];
}

/** The search language with its errors at their place; what cannot be read is not sent. */
export function FilterBox({ value, onSearch, names }: Props) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const error = explain(text);
  const search = () => {
    if (!error) onSearch(text.trim());
  };
  return (
    <div style={{ flex: 1, minWidth: 260 }}>
      <Group gap="xs" wrap="nowrap">
        <Suspense fallback={<Loader size="xs" />}>
          <FilterEditor value={text} onChange={setText} onSubmit={search} names={names} error={error} />
        </Suspense>
        <Button size="xs" onClick={search} disabled={error !== undefined}>
          Search
        </Button>
        {value !== '' && (
          <Button size="xs" variant="subtle" onClick={() => onSearch('')}>
            Clear
          </Button>
        )}
      </Group>
      {error && (
        <Text size="xs" c="red" role="alert" mt={4}>
          {error.message}
        </Text>
      )}
    </div>
  );
}

function explain(text: string): SearchSyntaxError | undefined {
  try {
    parseFilter('runs', text.trim());
    return undefined;
  } catch (error) {
    if (error instanceof SearchSyntaxError) return error;
    throw error;
  }
}
