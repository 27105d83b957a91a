import { resolve, sep } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isBeyondClients,
  literalPath,
  parseArtifactPath,
  parseNewArtifactPath,
  pathOfListed,
  ROOT,
} from './artifact-path.ts';
import { checkArtifactLocation, joinArtifactUri, parseArtifactUri } from './artifact-uri.ts';
import { contentDisposition, contentType } from './content-headers.ts';
import { ArtifactError } from './error.ts';
import { parseRange } from './range.ts';

describe('a path that is taken as it is', () => {
  test.each(['day=2024-01-01%2010%3A00/part 1.parquet', 'a#b', '100%', 'k=%2e%2e', 'a\\b', ''])(
    '%j may be one',
    (text) => {
      expect(literalPath(text)).toBe(text);
    },
  );

  test.each(['..', 'a/../b', 'a\\..\\..\\b', './a', 'a//b', '/a', 'a/', 'a\0b', '\ud800'])(
    '%j is none',
    (text) => {
      expect(() => literalPath(text)).toThrow(ArtifactError);
    },
  );
});

describe('an artifact path', () => {
  test.each([
    ['a/b.txt', 'a/b.txt'],
    ['a//b', 'a/b'],
    ['./a', 'a'],
    ['a?b', 'a?b'],
    ['a;b', 'a;b'],
    ['100%', '100%'],
    ['a%20b', 'a%20b'],
    ['größe 模型.txt', 'größe 模型.txt'],
    ['a..b', 'a..b'],
    ['a#b', 'a#b'],
    ['x%23y', 'x%23y'],
    ['a\\b', 'a\\b'],
    ['a\nb', 'a\nb'],
    ['a'.repeat(1000), 'a'.repeat(1000)],
    ['', ''],
  ])('%j is kept as %j', (text, path) => {
    expect(parseArtifactPath(text)).toBe(path);
  });

  test.each([
    '../x',
    'a/../b',
    '..',
    'a/..',
    '/etc/passwd',
    '%2e%2e/x',
    '%252e%252e/x',
    '..%2fx',
    '..%252fx',
    'a%2f..%2f..%2fb',
    '%2fetc',
    './%2fetc',
    './/%252f..',
    'C:/x',
    'C:\\x',
    '\\\\host\\x',
    'a\\..\\b',
    'a/..\\b',
    'a%5c..',
    '..\\',
    '%5c..%5cx',
    'file:///etc',
    'http://x/y',
    'a\u0000b',
    '%00',
    '\ud800',
    `%${'25'.repeat(12)}2e/x`,
    `${'a/'.repeat(2000)}b`,
  ])('%j is refused', (text) => {
    expect(() => parseArtifactPath(text)).toThrow(ArtifactError);
  });

  test('that is accepted never leads out of its root, however it is decoded', () => {
    const piece = fc.constantFrom(
      '..',
      '.',
      '/',
      '%2e',
      '%2f',
      '%252e',
      '%5c',
      '\\',
      'a',
      ':',
      '%',
      '~',
      'C:',
      '#',
      '%00',
      ' ',
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 10 }).map((pieces) => pieces.join('')),
        (text) => {
          let path: string;
          try {
            path = parseArtifactPath(text);
          } catch (error) {
            expect(error).toBeInstanceOf(ArtifactError);
            return;
          }
          for (let decoded = path, round = 0; round < 4; round++) {
            for (const text of [decoded, decoded.replaceAll('\\', '/')]) {
              const place = resolve('/root/of/store', text);
              expect(place === '/root/of/store' || place.startsWith(`/root/of/store${sep}`)).toBe(true);
            }
            decoded = decoded.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
              String.fromCharCode(Number.parseInt(hex, 16)),
            );
          }
        },
      ),
      { numRuns: 20_000 },
    );
  });

  test.each(['a#b', '%23', 'folder%2523/x', '%252523', 'a\nb', '%0a', 'x\u0085'])(
    'for something new has no # or control character in any decoding, such as %j',
    (text) => {
      expect(isBeyondClients(text)).toBe(true);
      expect(() => parseNewArtifactPath(text)).toThrow(/#.*control.*list/);
    },
  );

  test('is found again in a listing, or its name is one that nobody can ask for', () => {
    const name = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc
        .array(fc.constantFrom('%', '2', 'e', 'f', '5', 'c', '.', '\\', '#', 'C:'), { maxLength: 8 })
        .map((all) => all.join('')),
    );
    fc.assert(
      fc.property(name, (text) => {
        for (const folder of [ROOT, parseArtifactPath('a b'), parseArtifactPath('a%2fb#')]) {
          const whole = folder === '' ? text : `${folder}/${text}`;
          const listed = pathOfListed(folder, text);
          if (listed === undefined) {
            // It reads as something else, or as nothing.
            let path: string | undefined;
            try {
              path = parseArtifactPath(whole);
            } catch (error) {
              expect(error).toBeInstanceOf(ArtifactError);
            }
            expect(path).not.toBe(whole);
          } else {
            expect(listed).toBe(whole);
            expect(parseArtifactPath(listed)).toBe(listed);
          }
        }
      }),
      { numRuns: 5000 },
    );
  });
});

/** No host is known. */
const NOWHERE = { homes: ['/data'], anyHost: [] };

describe('an artifact location', () => {
  test.each([
    ['mlflow-artifacts:/1/run', { kind: 'proxied', path: '1/run' }],
    ['mlflow-artifacts://host:5000/1', { kind: 'proxied', path: '1' }],
    ['http://host/api/2.0/mlflow-artifacts/artifacts/1/x', { kind: 'proxied', path: '1/x' }],
    ['/data/x', { kind: 'local', path: '/data/x' }],
    ['file:///data/x', { kind: 'local', path: '/data/x' }],
    ['s3://bucket/x', { kind: 'store', scheme: 's3', authority: 'bucket', path: 'x' }],
    ['S3://bucket', { kind: 'store', scheme: 's3', authority: 'bucket', path: '' }],
    ['s3://bucket//x/?versionId=1', { kind: 'store', scheme: 's3', authority: 'bucket', path: 'x' }],
    [
      's3://arn:aws:s3:eu-west-1:123456789012:accesspoint/point/x/y',
      {
        kind: 'store',
        scheme: 's3',
        authority: 'arn:aws:s3:eu-west-1:123456789012:accesspoint/point',
        path: 'x/y',
      },
    ],
    [
      'wasbs://box@account.blob.core.windows.net/x',
      { kind: 'store', scheme: 'wasbs', authority: 'box@account.blob.core.windows.net', path: 'x' },
    ],
    ['sftp:///x', { kind: 'store', scheme: 'sftp', authority: '', path: 'x' }],
    ['hdfs://host/x', { kind: 'other', scheme: 'hdfs' }],
  ])('%s leads to %j', (uri, location) => {
    expect(parseArtifactUri(uri)).toEqual(location);
  });

  test.each(['mlflow-artifacts:/../x', 'mlflow-artifacts:/%2e%2e/x', 's3://b/../x', 's3:///x'])(
    '%s is refused',
    (uri) => {
      expect(() => parseArtifactUri(uri)).toThrow(ArtifactError);
    },
  );

  test('of a run is joined before a query', () => {
    expect(joinArtifactUri('s3://b/x/?versionId=1', 'run', 'artifacts')).toBe(
      's3://b/x/run/artifacts?versionId=1',
    );
    expect(joinArtifactUri('mlflow-artifacts:/', '7')).toBe('mlflow-artifacts:/7');
  });

  test.each([
    'http://evil/x',
    'ftp://h/x',
    'mlflow-artifacts://evil/x',
    's3://b/../x',
    's3://b/%2e%2e/x',
    's3://b/x#f',
    's3://b/x;p',
    'runs:/a',
    `s3://${'x'.repeat(2100)}`,
    's3://user:secret@b/x',
    'a\\b',
  ])('that a caller chose as %s is refused', (uri) => {
    expect(() => checkArtifactLocation(uri, NOWHERE)).toThrow(ArtifactError);
  });

  test('may name the hosts of the operator’s own stores, and any host where the scheme is let', () => {
    const reach = {
      homes: ['sftp://ana:secret@files:22/x', 'abfss://a@b.dfs.core.windows.net'],
      anyHost: ['ftp'],
    };
    for (const uri of ['sftp://files:22/y', 'abfss://c@b.dfs.core.windows.net/z', 'ftp://any/x'])
      expect(checkArtifactLocation(uri, reach)).toBe(uri);
    for (const uri of [
      'sftp://files/y',
      'sftp://other:22/y',
      'https://files:22/y',
      'sftp://files:22 .evil/x',
    ])
      expect(() => checkArtifactLocation(uri, reach)).toThrow(ArtifactError);
  });

  test('never shows a password in its refusal', () => {
    expect(() => checkArtifactLocation('s3://user:secret@bucket/x', NOWHERE)).toThrow(/^(?!.*secret).*$/s);
  });
});

describe('the headers of a download', () => {
  test.each([
    ['a.txt', 'text/plain; charset=utf-8'],
    ['MLmodel', 'text/plain; charset=utf-8'],
    ['a.html', 'text/html'],
    ['a.png', 'image/png'],
    ['a.constructor', 'application/octet-stream'],
  ])('type %s as %s', (name, type) => {
    expect(contentType(name)).toBe(type);
  });

  test('name the file, in RFC 8187 form where ASCII will not do', () => {
    expect(contentDisposition('a b.txt')).toBe('attachment; filename="a b.txt"');
    expect(contentDisposition('ü"\r\n.txt')).toBe(
      `attachment; filename="____.txt"; filename*=UTF-8''%C3%BC%22%0D%0A.txt`,
    );
  });

  test.each([
    ['bytes=0-4', { first: 0, last: 4 }],
    ['bytes=5-', { first: 5, last: 9 }],
    ['bytes=-3', { first: 7, last: 9 }],
    ['bytes=0-99', { first: 0, last: 9 }],
    ['bytes=4-99999999999999999999', { first: 4, last: 9 }],
    ['bytes=-99999999999999999999', { first: 0, last: 9 }],
    ['bytes=99999999999999999999-', 'unsatisfiable'],
    ['bytes=10-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=0-1,3-4', undefined],
    ['items=0-1', undefined],
    ['bytes=4-2', undefined],
    [undefined, undefined],
  ])('read the range %s of ten bytes', (header, range) => {
    expect(parseRange(header, 10)).toEqual(range);
  });
});
