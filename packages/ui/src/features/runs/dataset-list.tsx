import type { WireDatasetInput } from '@bitacora/protocol';
import { DatasetIcon } from '../../icons/icons.tsx';
import classes from './dataset-list.module.css';

/** The data sets a run has read, each with its columns, profile and source. */
export function DatasetList({ inputs }: { readonly inputs: readonly WireDatasetInput[] }) {
  if (inputs.length === 0) return null;
  return (
    <section>
      <h2>Datasets</h2>
      {inputs.map(({ dataset, tags }) => {
        const context = tags?.find(({ key }) => key === 'mlflow.data.context')?.value;
        return (
          <details key={`${dataset.name} ${dataset.digest} ${context}`} className={classes.dataset}>
            <summary>
              <DatasetIcon size={15} />
              <span className="truncate">{dataset.name}</span>
              {context && <span className={classes.context}>{context}</span>}
              <span className="mono dim">{dataset.digest}</span>
            </summary>
            <dl>
              <dt>Source</dt>
              <dd>
                {dataset.source_type} <span className="mono">{readable(dataset.source)}</span>
              </dd>
              {dataset.profile && (
                <>
                  <dt>Profile</dt>
                  <dd className="mono">{readable(dataset.profile)}</dd>
                </>
              )}
              {dataset.schema && <Columns schema={dataset.schema} />}
            </dl>
          </details>
        );
      })}
    </section>
  );
}

/** Longer than this, a profile is a file, not a glance. */
const GLANCE = 2_000;
const MOST_COLUMNS = 200;

function readable(json: string | undefined): string {
  const value = parsed(json);
  const text =
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.entries(value)
          .map(([key, inner]) => `${key}: ${typeof inner === 'string' ? inner : JSON.stringify(inner)}`)
          .join('\n')
      : (json ?? '');
  return text.length > GLANCE ? `${text.slice(0, GLANCE)}…` : text;
}

function Columns({ schema }: { readonly schema: string }) {
  const value = parsed(schema) as { readonly mlflow_colspec?: unknown } | undefined;
  const columns = Array.isArray(value?.mlflow_colspec) ? value.mlflow_colspec : [];
  if (columns.length === 0) {
    return (
      <>
        <dt>Schema</dt>
        <dd className="mono">{readable(schema)}</dd>
      </>
    );
  }
  return (
    <>
      <dt>{columns.length} columns</dt>
      <dd className="mono">
        {columns
          .slice(0, MOST_COLUMNS)
          .map(
            (column: { readonly name?: unknown; readonly type?: unknown }) =>
              `${column.name ?? ''}: ${column.type ?? ''}`,
          )
          .join('\n')}
      </dd>
    </>
  );
}

/** Clients write what they like here; what is no JSON is shown as it stands. */
function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}
