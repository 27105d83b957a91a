import { Link, type LinkProps, useLocation } from '@tanstack/react-router';
import { type KeyboardEvent, type ReactNode, useRef } from 'react';
import classes from './tabs.module.css';

/** Tabs whose panels have addresses of their own: links, walked by the arrow keys like any tabs. */
export function Tabs({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  const list = useRef<HTMLDivElement>(null);
  const walk = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    const tabs = [...(list.current?.querySelectorAll<HTMLElement>('[role="tab"]') ?? [])];
    const at = tabs.indexOf(document.activeElement as HTMLElement);
    if (step === 0 || at < 0) return;
    event.preventDefault();
    tabs[(at + step + tabs.length) % tabs.length]?.focus();
  };
  return (
    <div ref={list} role="tablist" tabIndex={-1} aria-label={label} className={classes.list} onKeyDown={walk}>
      {children}
    </div>
  );
}

interface TabLinkProps extends Pick<LinkProps, 'to' | 'params' | 'search'> {
  readonly children: ReactNode;
  /** Whether the tab is the open one, where the address below it says more than its own. */
  readonly isExact?: boolean;
}

export function TabLink({ isExact = false, children, ...link }: TabLinkProps) {
  // Re-reads the state of the link with every address.
  useLocation({ select: ({ pathname }) => pathname });
  return (
    <Link
      {...link}
      role="tab"
      className={classes.tab}
      activeOptions={{ exact: isExact, includeSearch: false }}
      activeProps={{ 'aria-selected': true }}
      inactiveProps={{ 'aria-selected': false }}
    >
      {children}
    </Link>
  );
}
