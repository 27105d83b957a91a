export { type AppOptions, createApp } from './app.ts';
export type { Config } from './config.ts';
export { WEBHOOK_DEFAULTS, type WebhookSettings } from './deps.ts';
export { StartRefused } from './start-refused.ts';
export { isWebhookKey } from './webhooks/fernet.ts';
