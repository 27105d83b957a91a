export { downloadArtifacts, uploadArtifact, uploadArtifacts } from './artifacts/copy.ts';
export { type OpenedArtifacts, openArtifacts, openRunArtifacts } from './artifacts/open.ts';
export { connectTracking, type TrackingServer } from './tracking-server.ts';
