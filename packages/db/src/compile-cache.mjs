import { existsSync, lstatSync, mkdirSync, realpathSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';

// JavaScript, with types in comments, because the command line's first file asks it before anything strips types.

/** Others may write here: the bits of the group and of everybody. */
const WRITABLE_BY_OTHERS = 0o022;
/** In such a folder only its owner may rename or remove what another has put there. */
const STICKY = 0o1000;

/**
 * The folder in which Node keeps the compiled form of our sources between starts, made where it is not there.
 *
 * What lies in it runs as code, so it is one that only the user can write to: in the user's own cache, or where that
 * cannot be, below the system's temporary folder under a name with the user's id. Node's own default is one folder
 * there for all users, in which another could have put code for us.
 *
 * `NODE_COMPILE_CACHE` names another, which is taken as it is. `undefined` where there is to be none:
 * `NODE_DISABLE_COMPILE_CACHE` is set, or no such folder can be made.
 *
 * @returns {string | undefined}
 */
export function compileCacheFolder() {
  if (process.env.NODE_DISABLE_COMPILE_CACHE) return undefined;
  if (process.env.NODE_COMPILE_CACHE) return process.env.NODE_COMPILE_CACHE;
  for (const folders of candidates()) {
    const folder = madeForUserAlone(folders);
    if (folder !== undefined) return folder;
  }
  return undefined;
}

/** Each as the folders that are made for it, the outermost first. */
function candidates() {
  const user = process.geteuid?.() ?? 'user';
  const folders = [[join(tmpdir(), `bitacora-compiled-${user}`)]];
  const cache = usersCache();
  if (cache !== undefined) {
    const ours = join(cache, 'bitacora');
    folders.unshift([cache, ours, join(ours, 'compiled')]);
  }
  return folders;
}

/** @returns {string | undefined} */
function usersCache() {
  // The specification of base directories has a relative path passed over.
  const { XDG_CACHE_HOME: xdg = '' } = process.env;
  if (isAbsolute(xdg)) return xdg;
  try {
    return join(homedir(), '.cache');
  } catch {
    // Nobody has told of a home, and the system does not know the user, as one that only a container has.
    return undefined;
  }
}

/** @param {string[]} folders */
function madeForUserAlone(folders) {
  try {
    // One by one: in some places, such as below /proc, Node's recursive way never ends.
    for (const folder of folders) makeUnlessThere(folder);
    const innermost = folders.at(-1) ?? '';
    return isUsersAlone(innermost) ? innermost : undefined;
  } catch {
    // A home that is read-only, or none at all, as in many containers.
    return undefined;
  }
}

/** @param {string} folder */
function makeUnlessThere(folder) {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (!existsSync(folder)) throw error;
  }
}

/**
 * Whether nobody but the user and the system's administrator can put anything there, by writing to it or by putting
 * another folder in its place: the rule of OpenSSH's StrictModes. On Windows, where a user's folders are closed to others
 * by lists of rights, modes say nothing.
 *
 * @param {string} folder
 */
function isUsersAlone(folder) {
  const user = process.geteuid?.();
  if (user === undefined) return true;
  const own = lstatSync(folder);
  if (!own.isDirectory() || own.uid !== user || own.mode & WRITABLE_BY_OTHERS) return false;
  // Where there are links on the way, both ways count: whoever may replace a link leads elsewhere.
  return [folder, realpathSync(folder)].flatMap(above).every((at) => {
    const place = lstatSync(at);
    if (place.uid !== user && place.uid !== 0) return false;
    // The mode of a link says nothing: who may replace it is said by the folder that it is in.
    return place.isSymbolicLink() || !(place.mode & WRITABLE_BY_OTHERS) || (place.mode & STICKY) !== 0;
  });
}

/** @param {string} path */
function above(path) {
  /** @type {string[]} */
  const folders = [];
  for (let at = dirname(path); at !== folders.at(-1); at = dirname(at)) folders.push(at);
  return folders;
}
