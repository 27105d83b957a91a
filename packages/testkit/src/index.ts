export * from './builders.ts';
export * from './next-millisecond.ts';
export * from './receiver.ts';
export * from './snapshot.ts';
export * from './test-app.ts';
export * from './trace-builders.ts';
export * from './world.ts';
