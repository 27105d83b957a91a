import classes from './tags.module.css';

interface Tag {
  readonly key: string;
  readonly value?: string | undefined;
}

/** Tags in one line; what does not fit is cut, the tooltip has them all. */
export function TagChips({ tags }: { readonly tags: readonly Tag[] }) {
  if (tags.length === 0) return null;
  const all = tags.map(({ key, value }) => (value ? `${key}: ${value}` : key)).join('\n');
  return (
    <span className={classes.line} title={all}>
      {tags.slice(0, 4).map(({ key, value }) => (
        <span key={key} className={classes.chip}>
          {value ? `${key}: ${value}` : key}
        </span>
      ))}
    </span>
  );
}
