export * from './artifact-path.ts';
export * from './artifact-stores.ts';
export * from './artifact-uri.ts';
export * from './content-headers.ts';
export { ArtifactError, type ArtifactErrorKind } from './error.ts';
export { LocalArtifactRepository } from './local-repository.ts';
export * from './range.ts';
export * from './repository.ts';
export { eachOf, lazily } from './transfer.ts';
