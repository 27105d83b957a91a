import { metricText } from '../format/number.ts';
import classes from './bar-list.module.css';

export interface Bar {
  readonly id: string;
  readonly label: string;
  readonly color: string;
  readonly value: number | null;
}

/** One value per run, as bars from zero: what a line of a single point cannot show. */
export function BarList({ label, bars }: { readonly label: string; readonly bars: readonly Bar[] }) {
  const most = Math.max(...bars.map(({ value }) => Math.abs(value ?? 0)), Number.MIN_VALUE);
  return (
    <ul className={classes.list} aria-label={label}>
      {bars.map(({ id, label: name, color, value }) => {
        const { text, title } = metricText(value ?? 'NaN');
        return (
          <li key={id}>
            <span className="truncate" title={name}>
              {name}
            </span>
            <span className={classes.track}>
              <span
                className={classes.bar}
                style={{ width: `${(Math.abs(value ?? 0) / most) * 100}%`, background: color }}
              />
            </span>
            <span className={classes.value} title={title}>
              {text}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
