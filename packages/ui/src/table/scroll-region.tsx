import type { ComponentPropsWithRef } from 'react';

/** A part of the page that scrolls by itself, named and reachable without a mouse. */
export function ScrollRegion(props: ComponentPropsWithRef<'section'> & { readonly 'aria-label': string }) {
  // biome-ignore lint/a11y/noNoninteractiveTabindex: A scrolling region must be reachable by keyboard (WCAG 2.1.1).
  return <section {...props} tabIndex={0} />;
}
