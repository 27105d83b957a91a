import { Button, Checkbox, Popover, ScrollArea, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { Entity, KeyColumn } from './columns.tsx';

const TITLES: Readonly<Record<Entity, string>> = { metrics: 'Metrics', params: 'Params', tags: 'Tags' };

interface Props {
  readonly keys: readonly KeyColumn[];
  readonly shown: ReadonlySet<string>;
  readonly onChange: (shown: readonly string[]) => void;
  readonly onReset: () => void;
}

/** Which keys the table shows. */
export function ColumnChoice({ keys, shown, onChange, onReset }: Props) {
  const [wanted, setWanted] = useState('');
  const matching = keys.filter(({ key }) => key.toLowerCase().includes(wanted.toLowerCase()));
  const toggle = (id: string, isShown: boolean) =>
    onChange(keys.map((column) => column.id).filter((other) => (other === id ? isShown : shown.has(other))));
  return (
    <Popover position="bottom-end" shadow="md" width={320} trapFocus>
      <Popover.Target>
        <Button size="xs" variant="default">
          Columns
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <TextInput
          size="xs"
          aria-label="Search columns"
          placeholder="Search columns"
          value={wanted}
          onChange={(event) => setWanted(event.currentTarget.value)}
          mb="xs"
        />
        <ScrollArea.Autosize mah={360}>
          {(['metrics', 'params', 'tags'] as const).map((entity) => (
            <Stack key={entity} gap={4} mb="sm">
              <Text size="xs" fw={600} c="dimmed">
                {TITLES[entity]}
              </Text>
              {matching
                .filter((column) => column.entity === entity)
                .slice(0, 200)
                .map(({ id, key }) => (
                  <Checkbox
                    key={id}
                    size="xs"
                    label={key}
                    checked={shown.has(id)}
                    onChange={(event) => toggle(id, event.currentTarget.checked)}
                  />
                ))}
            </Stack>
          ))}
        </ScrollArea.Autosize>
        <Button size="compact-xs" variant="subtle" onClick={onReset}>
          Show the default columns
        </Button>
      </Popover.Dropdown>
    </Popover>
  );
}
