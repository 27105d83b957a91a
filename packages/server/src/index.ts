export { createApp } from './app.ts';
export type { Config } from './config.ts';
export { WEBHOOK_DEFAULTS, type WebhookSettings } from './deps.ts';
