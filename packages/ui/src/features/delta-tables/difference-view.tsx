import type { DeltaInput } from '@bitacora/protocol';
import { NativeSelect } from '@mantine/core';
import { useState } from 'react';
import { PageSkeleton } from '../../app/page-skeleton.tsx';
import { ErrorState } from '../../errors/error-state.tsx';
import { runName } from '../runs/run-data.ts';
import { Difference } from './difference.tsx';
import { useDeltaDifference, useDeltaInputsOf, useRunsOfTable } from './queries.ts';

interface DifferenceViewProps {
  readonly experimentId: string;
  readonly input: DeltaInput;
}

/** What has changed from the version that a run has read to the table as it is now, or to what another run has read. */
export function DifferenceView({ experimentId, input }: DifferenceViewProps) {
  const [otherRun, setOtherRun] = useState<string>();
  const { data: found } = useRunsOfTable(experimentId, input.table);
  const others = (found?.runs ?? []).filter(({ info }) => info.run_id !== input.run_id);
  const { data: ofOther, error: otherError } = useDeltaInputsOf(otherRun);
  const other = ofOther?.delta_inputs.find(
    ({ table, status }) => table === input.table && status === 'RECORDED',
  );
  const isKnown = otherRun === undefined || other !== undefined;
  const { data, error, refetch } = useDeltaDifference(experimentId, input, other?.delta_input_id, isKnown);
  const failure = otherRun === undefined ? error : (otherError ?? error);
  return (
    <>
      <NativeSelect
        size="xs"
        label="Compare with"
        value={otherRun ?? ''}
        onChange={(event) => setOtherRun(event.currentTarget.value || undefined)}
        data={[
          { value: '', label: 'the table as it is now' },
          ...others.map((run) => ({ value: run.info.run_id, label: `what ${runName(run)} has read` })),
        ]}
      />
      {failure ? (
        <ErrorState error={failure} onRetry={() => void refetch()} />
      ) : ofOther && otherRun !== undefined && !other ? (
        <p className="dim">No version of this table is recorded of that run.</p>
      ) : data && isKnown ? (
        <Difference difference={data} />
      ) : (
        <PageSkeleton />
      )}
    </>
  );
}
