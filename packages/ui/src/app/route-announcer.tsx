import { VisuallyHidden } from '@mantine/core';
import { useLocation } from '@tanstack/react-router';
import { useEffect, useState } from 'react';

/** A page has set its title by then. */
const SETTLED_AFTER_MS = 400;

/** Reads the new page's title out when the address changes: without a page load, a screen reader would stay silent. */
export function RouteAnnouncer() {
  const pathname = useLocation({ select: (location) => location.pathname });
  const [title, setTitle] = useState('');
  // biome-ignore lint/correctness/useExhaustiveDependencies: The path is what makes the title change.
  useEffect(() => {
    const timer = setTimeout(() => setTitle(document.title), SETTLED_AFTER_MS);
    return () => clearTimeout(timer);
  }, [pathname]);
  return (
    <VisuallyHidden aria-live="polite" role="status">
      {title}
    </VisuallyHidden>
  );
}
