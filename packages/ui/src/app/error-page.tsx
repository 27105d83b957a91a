import { ClientError } from '@bitacora/protocol';
import { Alert, Button, Code, Stack, Text, Title } from '@mantine/core';
import { type ErrorComponentProps, Link, useLocation } from '@tanstack/react-router';

export function NotFoundPage() {
  const { pathname } = useLocation();
  return (
    <main id="main" className="page">
      <Title order={2}>Nothing is here</Title>
      <Text>
        No page has the address <Code>{pathname}</Code>. It may belong to a feature that this server does not
        have yet.
      </Text>
      <Link className="plain" to="/experiments">
        Go to the experiments
      </Link>
    </main>
  );
}

export function ErrorPage({ error, reset }: ErrorComponentProps) {
  return (
    <main id="main" className="page">
      <Problem error={error} onRetry={reset} />
    </main>
  );
}

/** What went wrong, in the server's words, and a way to try again. */
export function Problem({ error, onRetry }: { readonly error: unknown; readonly onRetry?: () => void }) {
  const title = error instanceof ClientError ? error.errorCode : 'The server could not be reached';
  return (
    <Alert color="red" title={title} role="alert">
      <Stack align="flex-start" gap="xs">
        <Text size="sm">{error instanceof Error ? error.message : String(error)}</Text>
        {onRetry && (
          <Button size="xs" variant="light" color="red" onClick={onRetry}>
            Try again
          </Button>
        )}
      </Stack>
    </Alert>
  );
}
