import { ActionIcon } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { CheckIcon, CopyIcon } from '../icons/icons.tsx';

export function CopyButton({ value, what }: { readonly value: string; readonly what: string }) {
  const { copied, copy } = useClipboard({ timeout: 1_500 });
  return (
    <ActionIcon
      size="xs"
      aria-label={copied ? 'Copied' : `Copy ${what}`}
      title={copied ? 'Copied' : `Copy ${what}`}
      onClick={() => copy(value)}
    >
      {copied ? <CheckIcon size={13} /> : <CopyIcon size={13} />}
    </ActionIcon>
  );
}
