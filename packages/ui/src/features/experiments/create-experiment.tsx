import { Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useCreateExperiment } from './queries.ts';

export function CreateExperiment({ onClose }: { readonly onClose: () => void }) {
  const [name, setName] = useState('');
  const [location, setLocation] = useState('');
  const create = useCreateExperiment();
  const navigate = useNavigate();
  const submit = () =>
    create.mutate(
      { name, ...(location.trim() === '' ? {} : { artifact_location: location.trim() }) },
      {
        onSuccess: ({ experiment_id }) => {
          onClose();
          void navigate({ to: '/experiments/$experimentId/runs', params: { experimentId: experiment_id } });
        },
      },
    );
  return (
    <Modal opened onClose={onClose} title="New experiment" closeButtonProps={{ 'aria-label': 'Close' }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() !== '') submit();
        }}
      >
        <Stack gap="sm">
          <TextInput
            label="Name"
            data-autofocus
            required
            maxLength={500}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            error={create.error?.message}
          />
          <TextInput
            label="Artifact location"
            description="Leave empty for the server’s own store."
            value={location}
            onChange={(event) => setLocation(event.currentTarget.value)}
          />
        </Stack>
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" disabled={name.trim() === ''} loading={create.isPending}>
            Create
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
