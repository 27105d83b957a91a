import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { RunsTable } from './runs-table.tsx';

export function RunsPage() {
  const { experimentId } = useParams({ from: '/experiments/$experimentId/runs' });
  const search = useSearch({ from: '/experiments/$experimentId/runs' });
  const navigate = useNavigate({ from: '/experiments/$experimentId/runs' });
  return (
    <RunsTable
      key={experimentId}
      experimentIds={[experimentId]}
      search={search}
      onSearch={(next) => void navigate({ search: next })}
    />
  );
}
