import { ScrollRegion } from '../../table/scroll-region.tsx';
import classes from './dataset-drawer.module.css';

/** A profile may have 16 MB. */
const MOST_CHARACTERS = 20_000;

/** Code, and what cannot be shown any better. */
export function TextBlock({ label, text }: { readonly label: string; readonly text: string }) {
  return (
    <ScrollRegion className={classes.code} aria-label={label}>
      <pre>{text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text}</pre>
    </ScrollRegion>
  );
}
