import type { Run } from '@bitacora/protocol';
import { Link, useParams } from '@tanstack/react-router';
import { CopyButton } from '../../app/copy-button.tsx';
import { notifyFailure } from '../../app/notices.tsx';
import { absoluteText, toMillis } from '../../format/time.ts';
import { ModelIcon } from '../../icons/icons.tsx';
import { NoteEditor } from '../../tags/note-editor.tsx';
import { TagEditor } from '../../tags/tag-editor.tsx';
import { RunDatasets } from '../datasets/run-datasets.tsx';
import { LoggedModelName } from '../logged-models/logged-model-name.tsx';
import { KeyValueTable } from './key-value-table.tsx';
import { MetricTable } from './metric-table.tsx';
import classes from './overview-tab.module.css';
import { useDeleteRunTag, useGetRun, useSetRunTag } from './queries.ts';
import { indexOf } from './run-data.ts';

const NOTE_TAG = 'mlflow.note.content';

export function OverviewTab() {
  const { runId } = useParams({ from: '/experiments/$experimentId/runs/$runId' });
  const { data } = useGetRun(runId);
  return data ? <Overview run={data.run} /> : null;
}

function Overview({ run }: { readonly run: Run }) {
  const { run_id, lifecycle_stage } = run.info;
  const setTag = useSetRunTag();
  const deleteTag = useDeleteRunTag();
  const isReadOnly = lifecycle_stage === 'deleted';
  const { tags } = indexOf(run);
  const ownTags = (run.data.tags ?? []).filter(({ key }) => !key.startsWith('mlflow.'));
  const saveTag = (key: string, value: string) =>
    setTag.mutate({ run_id, key, value }, { onError: notifyFailure('It was not saved') });
  return (
    <div className={classes.tab}>
      <section aria-label="Description">
        <NoteEditor
          note={tags.get(NOTE_TAG) ?? ''}
          isReadOnly={isReadOnly}
          onSave={(note) => saveTag(NOTE_TAG, note)}
        />
      </section>
      <div className={classes.columns}>
        <div className={classes.tables}>
          <MetricTable metrics={run.data.metrics ?? []} />
          <KeyValueTable title="Params" entries={run.data.params ?? []} />
        </div>
        <aside className={classes.side} aria-label="Details">
          <Details run={run} />
          <section>
            <h2>Tags</h2>
            <TagEditor
              tags={ownTags}
              isReadOnly={isReadOnly}
              onSet={saveTag}
              onDelete={(key) =>
                deleteTag.mutate({ run_id, key }, { onError: notifyFailure('The tag was not deleted') })
              }
            />
          </section>
          <RunDatasets runId={run_id} inputs={run.inputs?.dataset_inputs ?? []} />
          <Models run={run} />
        </aside>
      </div>
    </div>
  );
}

function Details({ run }: { readonly run: Run }) {
  const { info } = run;
  const { tags } = indexOf(run);
  const source = tags.get('mlflow.source.name');
  const commit = tags.get('mlflow.source.git.commit');
  const branch = tags.get('mlflow.source.git.branch');
  const parent = tags.get('mlflow.parentRunId');
  const facts: readonly (readonly [name: string, value: React.ReactNode])[] = [
    ['Started', timeText(info.start_time)],
    ['Ended', timeText(info.end_time)],
    ['Source', source],
    ['Branch', branch],
    [
      'Commit',
      commit && (
        <>
          <span className="mono">{commit.slice(0, 12)}</span> <CopyButton value={commit} what="commit" />
        </>
      ),
    ],
    [
      'Parent run',
      parent && (
        <Link
          to="/experiments/$experimentId/runs/$runId"
          params={{ experimentId: info.experiment_id, runId: parent }}
          className="mono"
        >
          {parent}
        </Link>
      ),
    ],
    [
      'Artifacts',
      info.artifact_uri && (
        <>
          <span className="mono">{info.artifact_uri}</span>{' '}
          <CopyButton value={info.artifact_uri} what="artifact location" />
        </>
      ),
    ],
  ];
  return (
    <section>
      <h2>Details</h2>
      <dl className={classes.facts}>
        {facts
          .filter(([, value]) => value !== undefined && value !== '')
          .map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
      </dl>
    </section>
  );
}

function timeText(time: Run['info']['start_time']): string | undefined {
  const millis = toMillis(time);
  return millis === undefined ? undefined : absoluteText(millis);
}

function Models({ run }: { readonly run: Run }) {
  const outputs = run.outputs?.model_outputs ?? [];
  const inputs = run.inputs?.model_inputs ?? [];
  if (outputs.length + inputs.length === 0) return null;
  const models = [
    ...outputs.map(({ model_id }) => ({ model_id, role: 'logged' })),
    ...inputs.map(({ model_id }) => ({ model_id, role: 'used' })),
  ];
  return (
    <section>
      <h2>Logged models</h2>
      <ul className={classes.models}>
        {models.map(({ model_id, role }) => (
          <li key={`${role} ${model_id}`}>
            <ModelIcon size={15} />
            <Link
              to="/experiments/$experimentId/models/$modelId"
              params={{ experimentId: run.info.experiment_id, modelId: model_id }}
            >
              <LoggedModelName modelId={model_id} />
            </Link>
            <span className="dim">{role}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
