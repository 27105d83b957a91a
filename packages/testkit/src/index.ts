export * from './builders.ts';
export * from './test-app.ts';
