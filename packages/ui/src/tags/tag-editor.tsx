import { ActionIcon, Button, CloseButton, TextInput } from '@mantine/core';
import { useState } from 'react';
import { CheckIcon, CloseIcon, PlusIcon } from '../icons/icons.tsx';
import classes from './tags.module.css';

interface TagEditorProps {
  readonly tags: readonly { readonly key: string; readonly value?: string | undefined }[];
  readonly onSet: (key: string, value: string) => void;
  readonly onDelete: (key: string) => void;
  readonly isReadOnly?: boolean;
}

/** Tags that can be added, changed by a click, and taken away. */
export function TagEditor({ tags, onSet, onDelete, isReadOnly = false }: TagEditorProps) {
  const [editing, setEditing] = useState<{
    readonly key: string;
    readonly value: string;
    readonly isNew: boolean;
  }>();
  const save = () => {
    if (!editing || editing.key.trim() === '') return;
    onSet(editing.key.trim(), editing.value);
    setEditing(undefined);
  };
  return (
    <div className={classes.editor}>
      {tags.map(({ key, value = '' }) => (
        <span key={key} className={classes.tag}>
          <button
            type="button"
            disabled={isReadOnly}
            aria-label={`Edit tag ${key}`}
            title={`${key}: ${value}`}
            onClick={() => setEditing({ key, value, isNew: false })}
          >
            <span className="dim">{key}</span>
            {value === '' ? '' : ` ${value}`}
          </button>
          <CloseButton
            size="xs"
            aria-label={`Delete tag ${key}`}
            disabled={isReadOnly}
            onClick={() => onDelete(key)}
          />
        </span>
      ))}
      {editing ? (
        <form
          className={classes.fields}
          onSubmit={(event) => {
            event.preventDefault();
            save();
          }}
          onKeyDown={(event) => {
            if (event.key === 'Escape') setEditing(undefined);
          }}
        >
          <TextInput
            size="xs"
            aria-label="Tag key"
            placeholder="key"
            value={editing.key}
            readOnly={!editing.isNew}
            autoFocus={editing.isNew}
            onChange={(event) => setEditing({ ...editing, key: event.currentTarget.value })}
          />
          <TextInput
            size="xs"
            aria-label="Tag value"
            placeholder="value"
            value={editing.value}
            autoFocus={!editing.isNew}
            onChange={(event) => setEditing({ ...editing, value: event.currentTarget.value })}
          />
          <ActionIcon type="submit" aria-label="Save tag" disabled={editing.key.trim() === ''}>
            <CheckIcon />
          </ActionIcon>
          <ActionIcon aria-label="Cancel" onClick={() => setEditing(undefined)}>
            <CloseIcon />
          </ActionIcon>
        </form>
      ) : (
        !isReadOnly && (
          <Button
            variant="subtle"
            size="compact-xs"
            leftSection={<PlusIcon size={12} />}
            onClick={() => setEditing({ key: '', value: '', isNew: true })}
          >
            Add tag
          </Button>
        )
      )}
    </div>
  );
}
