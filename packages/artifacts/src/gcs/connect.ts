import type { Connect } from '../artifact-stores.ts';
import { httpDispatcher } from '../http-client.ts';
import { GcsClient } from './client.ts';
import { GcsArtifactRepository } from './repository.ts';
import { readGcsSettings } from './settings.ts';

/** Folders of a bucket of Google Cloud Storage. */
export const connectGcs: Connect = async (authority, environment) => {
  const settings = readGcsSettings(authority, environment);
  const dispatcher = httpDispatcher(environment, settings.silence_ms);
  const client = new GcsClient(settings, dispatcher);
  return {
    at: (root) => new GcsArtifactRepository(client, root),
    close: () => dispatcher.close(),
  };
};
