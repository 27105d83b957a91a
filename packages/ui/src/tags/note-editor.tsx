import { Button, Group, Textarea } from '@mantine/core';
import { useState } from 'react';
import { PencilIcon } from '../icons/icons.tsx';
import classes from './note-editor.module.css';

interface NoteEditorProps {
  readonly note: string;
  readonly onSave: (note: string) => void;
  readonly isReadOnly?: boolean;
}

/** A description as plain text with its own line breaks, edited in place. */
export function NoteEditor({ note, onSave, isReadOnly = false }: NoteEditorProps) {
  const [draft, setDraft] = useState<string>();
  if (draft !== undefined) {
    return (
      <div>
        <Textarea
          aria-label="Description"
          autosize
          minRows={3}
          maxRows={16}
          autoFocus
          value={draft}
          onChange={(event) => setDraft(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape') setDraft(undefined);
          }}
        />
        <Group gap="xs" mt="xs">
          <Button
            onClick={() => {
              onSave(draft);
              setDraft(undefined);
            }}
          >
            Save
          </Button>
          <Button variant="default" onClick={() => setDraft(undefined)}>
            Cancel
          </Button>
        </Group>
      </div>
    );
  }
  return (
    <div className={classes.note}>
      {note === '' ? <span className="dim">No description.</span> : <p>{note}</p>}
      {!isReadOnly && (
        <Button
          variant="subtle"
          size="compact-xs"
          leftSection={<PencilIcon size={12} />}
          onClick={() => setDraft(note)}
        >
          {note === '' ? 'Add description' : 'Edit description'}
        </Button>
      )}
    </div>
  );
}
