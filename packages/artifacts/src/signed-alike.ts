import { createHash } from 'node:crypto';

/** What the signature of a URL is made over, for another value of one of its parameters. */
export interface Unsigned {
  /** All but the signature, in its place. */
  readonly url: string;
  readonly toSign: string;
}

export interface SignedShape {
  /** As in `X-Amz-Credential`: the key's name, then what a signature holds for, between slashes. */
  readonly credential: string;
  readonly signature: string;
  withParameter(name: string, value: string): Unsigned;
}

/**
 * Takes apart a URL that was signed by version 4 of Amazon's scheme, which is Google's too, over no header but `host`. An
 * SDK takes milliseconds for each URL, and uploads have up to 10,000 that differ in the number of the part.
 *
 * @returns undefined for one that was signed otherwise.
 */
export function takeApart(url: string, prefix: 'X-Amz-' | 'X-Goog-'): SignedShape | undefined {
  const [, origin, host, path, search] = /^(https?:\/\/([^/?]+))([^?]*)\?(.+)$/.exec(url) ?? [];
  if (origin === undefined || search === undefined) return undefined;
  const query = new Map(search.split('&').map((pair) => pair.split('=', 2) as [string, string]));
  const read = (name: string) => decodeURIComponent(query.get(prefix + name) ?? '');
  const [algorithm, credential, signature] = [read('Algorithm'), read('Credential'), read('Signature')];
  if (read('SignedHeaders') !== 'host' || signature === '') return undefined;
  query.delete(`${prefix}Signature`);
  const scope = credential.slice(credential.indexOf('/') + 1);
  return {
    credential,
    signature,
    withParameter(name, value) {
      const pairs = [...query].map(
        ([key, old]) => `${key}=${key === name ? encodeURIComponent(value) : old}`,
      );
      const canonical = [
        'PUT',
        path,
        pairs.toSorted(byKey).join('&'),
        `host:${host}\n`,
        'host',
        'UNSIGNED-PAYLOAD',
      ];
      const digest = createHash('sha256').update(canonical.join('\n')).digest('hex');
      return {
        url: `${origin}${path}?${pairs.join('&')}&${prefix}Signature=`,
        toSign: [algorithm, read('Date'), scope, digest].join('\n'),
      };
    },
  };
}

const byKey = (a: string, b: string) => (a < b ? -1 : 1);
