import { deleteTag, type Metric, type Run, setTag } from '@bitacora/protocol';
import { ActionIcon, Button, Group, Text, TextInput, Title } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { useWrite } from '../../api/use-call.ts';
import { metricText } from '../../app/display.ts';
import { Problem } from '../../app/error-page.tsx';

interface PairsProps<Item extends { readonly key: string }> {
  readonly title: string;
  readonly items: readonly Item[];
  readonly head: readonly string[];
  readonly cells: (item: Item) => readonly ReactNode[];
}

/** A list of keys and what stands under them, searched by key once it is long. */
function Pairs<Item extends { readonly key: string }>({ title, items, head, cells }: PairsProps<Item>) {
  const [wanted, setWanted] = useState('');
  const sorted = items
    .filter(({ key }) => key.toLowerCase().includes(wanted.toLowerCase()))
    .sort((a, b) => a.key.localeCompare(b.key));
  return (
    <section aria-label={title}>
      <Group justify="space-between" mb={6}>
        <Title order={4}>
          {title}{' '}
          <Text span c="dimmed" size="sm">
            ({items.length})
          </Text>
        </Title>
        {items.length > 8 && (
          <TextInput
            size="xs"
            aria-label={`Search ${title.toLowerCase()}`}
            placeholder="Search"
            value={wanted}
            onChange={(event) => setWanted(event.currentTarget.value)}
          />
        )}
      </Group>
      {items.length === 0 ? (
        <Text c="dimmed" size="sm">
          None.
        </Text>
      ) : (
        <table className="pairs">
          <thead>
            <tr>
              {head.map((text) => (
                <th key={text} scope="col">
                  {text}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {sorted.slice(0, 1000).map((item) => (
              <tr key={item.key}>
                <th scope="row" style={{ fontWeight: 500 }}>
                  {item.key}
                </th>
                {cells(item).map((cell, index) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: the cells of a row stand in a fixed order.
                  <td key={index} className="value">
                    {cell}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

export function RunMetrics({ metrics }: { readonly metrics: readonly Metric[] }) {
  return (
    <Pairs
      title="Metrics"
      items={metrics}
      head={['Metric', 'Latest', 'Step']}
      cells={({ value, step }) => [
        <span
          key="value"
          title={
            isStoredInfinity(value) ? 'An infinity, which is stored as the largest double' : String(value)
          }
        >
          {metricText(value)}
        </span>,
        String(step),
      ]}
    />
  );
}

const isStoredInfinity = (value: Metric['value']) =>
  typeof value === 'number' && Math.abs(value) === Number.MAX_VALUE;

export function RunParams({ params }: { readonly params: NonNullable<Run['data']['params']> }) {
  return (
    <Pairs title="Params" items={params} head={['Param', 'Value']} cells={({ value }) => [value ?? '']} />
  );
}

export function RunTags({ run: { info, data } }: { readonly run: Run }) {
  const set = useWrite(setTag);
  const remove = useWrite(deleteTag);
  const [key, setKey] = useState('');
  const [value, setValue] = useState('');
  const run_id = info.run_id;
  const add = (event: React.FormEvent) => {
    event.preventDefault();
    set.mutate(
      { run_id, key, value },
      {
        onSuccess: () => {
          setKey('');
          setValue('');
        },
      },
    );
  };
  const tags = (data.tags ?? []).filter((tag) => !tag.key.startsWith('mlflow.'));
  const error = set.error ?? remove.error;
  return (
    <div style={{ marginTop: '1.5rem' }}>
      <Pairs
        title="Tags"
        items={tags}
        head={['Tag', 'Value', 'Delete']}
        cells={(tag) => [
          tag.value ?? '',
          <ActionIcon
            key="delete"
            size="sm"
            variant="subtle"
            color="red"
            aria-label={`Delete tag ${tag.key}`}
            onClick={() => remove.mutate({ run_id, key: tag.key })}
          >
            ×
          </ActionIcon>,
        ]}
      />
      <form onSubmit={add}>
        <Group gap="xs" mt="xs">
          <TextInput
            size="xs"
            aria-label="Tag key"
            placeholder="Key"
            value={key}
            onChange={(event) => setKey(event.currentTarget.value)}
          />
          <TextInput
            size="xs"
            aria-label="Tag value"
            placeholder="Value"
            value={value}
            onChange={(event) => setValue(event.currentTarget.value)}
          />
          <Button size="xs" type="submit" variant="light" disabled={key === ''} loading={set.isPending}>
            Add tag
          </Button>
        </Group>
      </form>
      {error && <Problem error={error} />}
    </div>
  );
}
