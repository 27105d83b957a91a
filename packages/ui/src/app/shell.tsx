import { ActionIcon, Group, Text, useMantineColorScheme } from '@mantine/core';
import { Link, Outlet } from '@tanstack/react-router';
import { Logo } from './logo.tsx';

const NEXT = { auto: 'light', light: 'dark', dark: 'auto' } as const;
const SIGN = { auto: '◐', light: '☀', dark: '☾' } as const;

/** The frame of every page: the mark, the way to the rooms, the theme. */
export function Shell() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <div style={{ '--app-shell-header-height': '48px' } as React.CSSProperties}>
      <a className="skip-link" href="#main" onClick={skipToMain}>
        Skip to the content
      </a>
      <Group
        component="header"
        h={48}
        px="md"
        gap="lg"
        style={{ background: '#0f3d4c', color: '#f6f1e4' }}
        wrap="nowrap"
      >
        <Link
          to="/experiments"
          aria-label="Bitácora, home"
          style={{ display: 'flex', alignItems: 'center', gap: 10, color: 'inherit', textDecoration: 'none' }}
        >
          <Logo size={28} />
          <Text fw={650} fz="lg" c="inherit" style={{ letterSpacing: '0.01em' }}>
            Bitácora
          </Text>
        </Link>
        <nav aria-label="Main">
          <Link
            to="/experiments"
            style={{ color: '#f6f1e4', textDecoration: 'none', fontSize: '0.9rem' }}
            activeProps={{ style: { color: '#e9b44c', textDecoration: 'none', fontSize: '0.9rem' } }}
          >
            Experiments
          </Link>
        </nav>
        <ActionIcon
          ml="auto"
          variant="transparent"
          c="#f6f1e4"
          onClick={() => setColorScheme(NEXT[colorScheme])}
          aria-label={`Theme: ${colorScheme}. Switch to ${NEXT[colorScheme]}`}
          title={`Theme: ${colorScheme}`}
        >
          {SIGN[colorScheme]}
        </ActionIcon>
      </Group>
      <Outlet />
    </div>
  );
}

/** The address after # is the page's own, so an anchor cannot be followed the usual way. */
function skipToMain(event: React.MouseEvent) {
  event.preventDefault();
  const main = document.getElementById('main');
  main?.setAttribute('tabindex', '-1');
  main?.focus();
}
