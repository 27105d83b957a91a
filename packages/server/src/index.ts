export { type AppOptions, createApp } from './app.ts';
export type { Config } from './config.ts';
export { WEBHOOK_DEFAULTS, type WebhookSettings } from './deps.ts';
export { isWebhookKey } from './webhooks/fernet.ts';
export { StartRefused } from './workspaces/startup.ts';
