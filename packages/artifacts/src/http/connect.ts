import type { Connect } from '../artifact-stores.ts';
import { ArtifactError, show } from '../error.ts';
import { httpDispatcher } from '../http-client.ts';
import { silenceAllowed } from '../stalls.ts';
import { HttpArtifactRepository } from './repository.ts';

/** Files of a web server, for `https://user:password@host:port/path`. */
export const connectHttp =
  (scheme: 'http' | 'https'): Connect =>
  async (authority, environment) => {
    const split = authority.lastIndexOf('@');
    const [login, host] = [authority.slice(0, Math.max(0, split)), authority.slice(split + 1)];
    if (host === '' || !URL.canParse(`${scheme}://${host}`)) {
      throw new ArtifactError(
        'invalid_uri',
        `Invalid artifact location '${scheme}://${show(host)}': it names no web server.`,
      );
    }
    const dispatcher = httpDispatcher(environment, silenceAllowed(environment));
    const place = {
      origin: `${scheme}://${host}`,
      headers:
        login === '' ? {} : { authorization: `Basic ${Buffer.from(decode(login)).toString('base64')}` },
      dispatcher,
    };
    return {
      at: (root) => new HttpArtifactRepository(place, root),
      close: () => dispatcher.close(),
    };
  };

/** URLs have it percent-encoded; what is not stands for itself. */
function decode(login: string): string {
  try {
    return decodeURIComponent(login);
  } catch {
    return login;
  }
}
