import classes from './page.module.css';

/** What stands where a page will be, when it takes longer than a blink. */
export function PageSkeleton() {
  return (
    <div className={classes.skeleton} role="status" aria-label="Loading">
      {[30, 62, 48, 55].map((width) => (
        <div key={width} className={classes.bar} style={{ width: `${width}%` }} />
      ))}
    </div>
  );
}
