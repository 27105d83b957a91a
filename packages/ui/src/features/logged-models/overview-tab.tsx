import { useParams } from '@tanstack/react-router';
import { notifyFailure } from '../../app/notices.tsx';
import { TagEditor } from '../../tags/tag-editor.tsx';
import { KeyValueTable } from '../runs/key-value-table.tsx';
import { MetricTable } from '../runs/metric-table.tsx';
import classes from '../runs/overview-tab.module.css';
import { useDeleteLoggedModelTag, useGetLoggedModel, useSetLoggedModelTags } from './queries.ts';

export function OverviewTab() {
  const { modelId: model_id } = useParams({ from: '/experiments/$experimentId/models/$modelId' });
  const { data } = useGetLoggedModel(model_id);
  const setTags = useSetLoggedModelTags();
  const deleteTag = useDeleteLoggedModelTag();
  if (!data) return null;
  const { info, data: logged } = data.model;
  return (
    <div className={classes.tab}>
      <div className={classes.columns}>
        <div className={classes.tables}>
          <MetricTable metrics={logged.metrics ?? []} />
          <KeyValueTable title="Params" entries={logged.params ?? []} />
        </div>
        <aside className={classes.side} aria-label="Details">
          <section>
            <h2>Tags</h2>
            <TagEditor
              tags={(info.tags ?? []).filter(({ key }) => !key.startsWith('mlflow.'))}
              onSet={(key, value) =>
                setTags.mutate(
                  { model_id, tags: [{ key, value }] },
                  { onError: notifyFailure('The tag was not saved') },
                )
              }
              onDelete={(tag_key) =>
                deleteTag.mutate({ model_id, tag_key }, { onError: notifyFailure('The tag was not deleted') })
              }
            />
          </section>
          <section>
            <h2>Details</h2>
            <dl className={classes.facts}>
              <div>
                <dt>Artifacts</dt>
                <dd className="mono">{info.artifact_uri}</dd>
              </div>
              {info.status_message && (
                <div>
                  <dt>Message</dt>
                  <dd>{info.status_message}</dd>
                </div>
              )}
            </dl>
          </section>
        </aside>
      </div>
    </div>
  );
}
