import { Button, Group, Modal, TextInput } from '@mantine/core';
import { useState } from 'react';

interface RenameDialogProps {
  readonly what: string;
  readonly name: string;
  readonly error: Error | null;
  readonly isBusy: boolean;
  readonly onRename: (name: string) => void;
  readonly onClose: () => void;
}

export function RenameDialog({ what, name, error, isBusy, onRename, onClose }: RenameDialogProps) {
  const [next, setNext] = useState(name);
  const isUsable = next.trim() !== '' && next !== name;
  return (
    <Modal opened onClose={onClose} title={`Rename the ${what}`} closeButtonProps={{ 'aria-label': 'Close' }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isUsable) onRename(next);
        }}
      >
        <TextInput
          label="Name"
          data-autofocus
          value={next}
          onChange={(event) => setNext(event.currentTarget.value)}
          error={error?.message}
        />
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" disabled={!isUsable} loading={isBusy}>
            Rename
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
