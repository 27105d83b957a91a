export interface WorkspaceRow {
  readonly name: string;
  readonly description: string | null;
  readonly default_artifact_root: string | null;
  readonly trace_archival_location: string | null;
  readonly trace_archival_retention: string | null;
}
