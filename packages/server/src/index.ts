export { type AppOptions, createApp } from './app.ts';
export type { Config } from './config.ts';
export { WEBHOOK_DEFAULTS, type WebhookSettings } from './deps.ts';
export { findMissing, type Missing } from './purge/missing.ts';
export { openPurge } from './purge/open.ts';
export { describeOrphan, findOrphans, type Orphan } from './purge/orphans.ts';
export { type PurgeDeps, type Purged, type PurgeRequest, purge } from './purge/service.ts';
export { StartRefused } from './start-refused.ts';
export { isWebhookKey } from './webhooks/fernet.ts';
