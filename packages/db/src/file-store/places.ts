import { join } from 'node:path';
import { type Layout, MODELS, NOT_RUNS, RUN_ID, TRACES, TRASH } from './layout.ts';
import { foldersIn } from './prints.ts';

/** Where the folders of an experiment's are. */
export const HELD_IN = { run: '', model: MODELS, trace: TRACES } as const;

/** What a version's folder is called. */
const VERSION_FOLDER = /^version-(\d{1,9})$/;

/** The folders of a kind in a folder, each with the id of what is in it. */
export const runFolders = (experiment: string): Map<string, string> =>
  new Map(
    foldersIn(experiment)
      .filter((name) => !NOT_RUNS.has(name) && RUN_ID.test(name))
      .map((name) => [name, join(experiment, name)]),
  );

export const modelFolders = (experiment: string): Map<string, string> =>
  new Map(foldersIn(join(experiment, MODELS)).map((name) => [name, join(experiment, MODELS, name)]));

export const traceFolders = (experiment: string): Map<string, string> =>
  new Map(
    foldersIn(join(experiment, TRACES))
      .filter((name) => RUN_ID.test(name))
      .map((name) => [name, join(experiment, TRACES, name)]),
  );

export function versionFolders(model: string, folder: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const name of foldersIn(folder)) {
    const version = VERSION_FOLDER.exec(name)?.[1];
    if (version !== undefined) found.set(`${model}/${Number(version)}`, join(folder, name));
  }
  return found;
}

/** All experiments, those in the trash among them; the one in its place counts where there are two. */
export function experimentFolders({ root }: Layout): Map<string, string> {
  const trash = join(root, TRASH);
  const trashed = foldersIn(trash).map((name) => [name, join(trash, name)] as const);
  const active = foldersIn(root)
    .filter((name) => name !== TRASH && name !== MODELS)
    .map((name) => [name, join(root, name)] as const);
  return new Map([...trashed, ...active]);
}

export const registeredFolders = ({ root }: Layout): Map<string, string> =>
  new Map(foldersIn(join(root, MODELS)).map((name) => [name, join(root, MODELS, name)]));
