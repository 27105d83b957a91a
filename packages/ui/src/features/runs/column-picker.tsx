import { Button, Checkbox, Popover, TextInput } from '@mantine/core';
import { useState } from 'react';
import { ColumnsIcon, SearchIcon } from '../../icons/icons.tsx';
import classes from './column-picker.module.css';
import { attributeColumns, columnId } from './columns.tsx';
import type { Keys } from './run-data.ts';
import type { ShownColumns } from './shown-columns.ts';

/** More than this many of a kind are found by searching, not by scrolling. */
const MOST_LISTED = 100;

interface ColumnPickerProps {
  readonly keys: Keys;
  readonly state: ShownColumns;
}

/** Chooses the columns of the runs table. */
export function ColumnPicker({ keys, state }: ColumnPickerProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <Popover opened={isOpen} onChange={setOpen} position="bottom-end" width={340} trapFocus>
      <Popover.Target>
        <Button
          variant="default"
          leftSection={<ColumnsIcon size={14} />}
          onClick={() => setOpen(!isOpen)}
          aria-haspopup="dialog"
        >
          Columns
        </Button>
      </Popover.Target>
      <Popover.Dropdown p={0} aria-label="Columns">
        {isOpen && <Choice keys={keys} state={state} />}
      </Popover.Dropdown>
    </Popover>
  );
}

function Choice({ keys, state }: ColumnPickerProps) {
  const [words, setWords] = useState('');
  const shown = new Set(state.ids);
  const groups = [
    { name: 'Attributes', columns: attributeColumns.map(({ id, title }) => ({ id, title })) },
    ...(['metrics', 'params', 'tags'] as const).map((kind) => ({
      name: { metrics: 'Metrics', params: 'Params', tags: 'Tags' }[kind],
      columns: keys[kind].map((key) => ({ id: columnId(kind, key), title: key })),
    })),
  ];
  const toggle = (ids: readonly string[], isShown: boolean) =>
    state.show(
      isShown
        ? [...state.ids, ...ids.filter((id) => !shown.has(id))]
        : state.ids.filter((id) => !ids.includes(id)),
    );

  return (
    <>
      <div className={classes.head}>
        <TextInput
          size="xs"
          type="search"
          aria-label="Search columns"
          placeholder="Search columns"
          data-autofocus
          leftSection={<SearchIcon size={13} />}
          value={words}
          onChange={(event) => setWords(event.currentTarget.value)}
        />
        <Button variant="subtle" size="compact-xs" disabled={state.isDefault} onClick={state.reset}>
          Reset
        </Button>
      </div>
      <div className={classes.groups}>
        {groups.map(({ name, columns }) => {
          const found = columns.filter(({ title }) =>
            title.toLowerCase().includes(words.trim().toLowerCase()),
          );
          if (found.length === 0) return null;
          const count = found.filter(({ id }) => shown.has(id)).length;
          return (
            <fieldset key={name} className={classes.group}>
              <legend>
                <Checkbox
                  size="xs"
                  label={`${name} (${count} of ${found.length})`}
                  checked={count === found.length}
                  indeterminate={count > 0 && count < found.length}
                  onChange={(event) =>
                    toggle(
                      found.map(({ id }) => id),
                      event.currentTarget.checked,
                    )
                  }
                />
              </legend>
              {found.slice(0, MOST_LISTED).map(({ id, title }) => (
                <Checkbox
                  key={id}
                  size="xs"
                  className={classes.choice ?? ''}
                  label={title}
                  checked={shown.has(id)}
                  onChange={(event) => toggle([id], event.currentTarget.checked)}
                />
              ))}
              {found.length > MOST_LISTED && (
                <p className="dim">{found.length - MOST_LISTED} more: search for them.</p>
              )}
            </fieldset>
          );
        })}
      </div>
    </>
  );
}
