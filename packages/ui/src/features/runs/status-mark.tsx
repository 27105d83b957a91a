import type { RunStatus } from '@bitacora/protocol';
import { Box } from '@mantine/core';

const MARKS: Readonly<Record<RunStatus, readonly [sign: string, color: string, text: string]>> = {
  RUNNING: ['◌', 'var(--mantine-color-blue-filled)', 'Running'],
  SCHEDULED: ['◷', 'var(--mantine-color-gray-filled)', 'Scheduled'],
  FINISHED: ['✓', 'var(--mantine-color-teal-filled)', 'Finished'],
  FAILED: ['✕', 'var(--mantine-color-red-filled)', 'Failed'],
  KILLED: ['■', 'var(--mantine-color-orange-filled)', 'Killed'],
};

/** The status as a sign of its own shape, with its word for those who do not see it. */
export function StatusMark({ status }: { readonly status: RunStatus }) {
  const [sign, color, text] = MARKS[status];
  return (
    <Box
      component="span"
      role="img"
      aria-label={text}
      title={text}
      style={{ color, display: 'inline-block', width: '1.3em', fontWeight: 700 }}
    >
      {sign}
    </Box>
  );
}

export const statusText = (status: RunStatus): string => MARKS[status][2];
