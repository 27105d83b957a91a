export { createApp } from './app.ts';
export type { Config } from './config.ts';
