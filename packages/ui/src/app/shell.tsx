import { ActionIcon, Kbd, Tooltip, UnstyledButton } from '@mantine/core';
import { useDisclosure, useHotkeys } from '@mantine/hooks';
import { Link, Outlet } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { FlaskIcon, KeyboardIcon, SearchIcon } from '../icons/icons.tsx';
import { Breadcrumb, BreadcrumbProvider } from './breadcrumb.tsx';
import { ColorSchemeSwitch } from './color-scheme-switch.tsx';
import { Logo } from './logo.tsx';
import { RouteAnnouncer } from './route-announcer.tsx';
import classes from './shell.module.css';

const QuickJump = lazy(async () => ({ default: (await import('./quick-jump.tsx')).QuickJump }));
const ShortcutSheet = lazy(async () => ({ default: (await import('./shortcut-sheet.tsx')).ShortcutSheet }));

export function Shell() {
  const [isJumping, jump] = useDisclosure(false);
  const [isSheetOpen, sheet] = useDisclosure(false);
  useHotkeys([['mod+K', jump.open]], []);
  useHotkeys([['shift+?', sheet.open]]);

  return (
    <BreadcrumbProvider>
      <a className={classes.skip} href="#main" onClick={focusMain}>
        Skip to the content
      </a>
      <div className={classes.shell}>
        <nav className={classes.rail} aria-label="Main">
          <Link to="/experiments" className={classes.mark} aria-label="Bitácora, home">
            <Logo />
          </Link>
          <Link to="/experiments" className={classes.room} activeOptions={{ includeSearch: false }}>
            <FlaskIcon size={20} />
            <span>Experiments</span>
          </Link>
          <div className={classes.tools}>
            <Tooltip label="Keyboard shortcuts" position="right">
              <ActionIcon
                aria-label="Keyboard shortcuts"
                size="lg"
                className={classes.tool ?? ''}
                onClick={sheet.open}
              >
                <KeyboardIcon size={18} />
              </ActionIcon>
            </Tooltip>
            <ColorSchemeSwitch className={classes.tool} />
          </div>
        </nav>
        <header className={classes.bar}>
          <Breadcrumb />
          <UnstyledButton
            className={classes.search}
            onClick={jump.open}
            aria-label="Go to…"
            aria-keyshortcuts="Control+K"
          >
            <SearchIcon size={14} />
            <span>Go to…</span>
            <Kbd size="xs">Ctrl K</Kbd>
          </UnstyledButton>
        </header>
        <main id="main" className={classes.main} tabIndex={-1}>
          <Outlet />
        </main>
      </div>
      <RouteAnnouncer />
      <Suspense>
        {isJumping && <QuickJump onClose={jump.close} />}
        {isSheetOpen && <ShortcutSheet onClose={sheet.close} />}
      </Suspense>
    </BreadcrumbProvider>
  );
}

/** The address holds the route, so a fragment link cannot do this. */
function focusMain(event: React.MouseEvent) {
  event.preventDefault();
  document.getElementById('main')?.focus();
}
