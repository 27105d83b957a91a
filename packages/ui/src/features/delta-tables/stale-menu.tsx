import { Button, Menu } from '@mantine/core';
import { plural } from '../../format/number.ts';
import { DatasetIcon } from '../../icons/icons.tsx';
import { STALE_STEPS } from './stale-filter.ts';

interface StaleMenuProps {
  readonly value: number | undefined;
  readonly onChange: (from: number | undefined) => void;
}

const ANY = 'Any data';
const text = (from: number) => `${plural(from, 'version')} behind or more`;

/** Shows only runs whose Delta tables have moved on since. */
export function StaleMenu({ value, onChange }: StaleMenuProps) {
  return (
    <Menu position="bottom-start">
      <Menu.Target>
        <Button
          variant="default"
          leftSection={<DatasetIcon size={14} />}
          aria-label={`Stale data: ${value === undefined ? ANY : text(value)}`}
        >
          {value === undefined ? ANY : text(value)}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => onChange(undefined)}>{ANY}</Menu.Item>
        {STALE_STEPS.map((from) => (
          <Menu.Item key={from} onClick={() => onChange(from)}>
            {text(from)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
