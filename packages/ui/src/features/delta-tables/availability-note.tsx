import type { DeltaInput } from '@bitacora/protocol';
import { countText } from '../../format/number.ts';
import classes from './delta-section.module.css';
import { Note } from './note.tsx';
import { useCheckDeltaFiles } from './queries.ts';

const MOST_PATHS = 10;

/** Warns where files of the version are gone. */
export function AvailabilityNote({ input }: { readonly input: DeltaInput }) {
  const { data } = useCheckDeltaFiles(input);
  if (!data || data.is_available) return null;
  const missing = Number(data.missing_count);
  const { missing_paths } = data;
  return (
    <Note kind="bad">
      <p>{data.warning}</p>
      {missing > 0 && (
        <details className={classes.paths}>
          <summary>Which files</summary>
          <ul>
            {missing_paths.slice(0, MOST_PATHS).map((path) => (
              <li key={path} className="mono">
                {path}
              </li>
            ))}
            {missing > MOST_PATHS && <li>and {countText(missing - MOST_PATHS)} more</li>}
          </ul>
        </details>
      )}
    </Note>
  );
}
