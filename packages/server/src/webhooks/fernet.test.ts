import { expect, test } from 'vitest';
import { decryptFernet, encryptFernet, generateFernetKey, parseFernetKey } from './fernet.ts';

// https://github.com/fernet/spec: the vectors of generate.json and verify.json.
const KEY = parseFernetKey('cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=')!;
const TOKEN =
  'gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==';

test('reads the token of the specification', () => {
  expect(decryptFernet(KEY, TOKEN)).toBe('hello');
  expect(decryptFernet(KEY, TOKEN.replaceAll('=', ''))).toBe('hello');
});

test('what is encrypted is read again, and never looks the same', () => {
  const texts = ['', 'secret', 'sixteen bytes....', 'ä€😀', 'x'.repeat(687)];
  for (const text of texts) {
    const tokens = [1, 2].map(() => encryptFernet(KEY, text, 1_700_000_000_000));
    expect(tokens[0]).not.toBe(tokens[1]);
    for (const token of tokens) {
      expect(token.length % 4).toBe(0);
      expect(decryptFernet(KEY, token)).toBe(text);
    }
  }
});

test('another key, and every changed byte, is refused', () => {
  expect(decryptFernet(parseFernetKey(generateFernetKey())!, TOKEN)).toBeUndefined();
  const bytes = Buffer.from(TOKEN, 'base64url');
  for (let index = 0; index < bytes.length; index++) {
    const changed = Buffer.from(bytes);
    changed[index]! ^= 1;
    expect(decryptFernet(KEY, changed.toString('base64url'))).toBeUndefined();
  }
  for (const garbage of ['', 'gAAAAA==', 'no token at all', TOKEN.slice(0, 40)])
    expect(decryptFernet(KEY, garbage)).toBeUndefined();
});

test('a key is 32 bytes in URL-safe base64', () => {
  expect(parseFernetKey(generateFernetKey())).toBeDefined();
  for (const text of ['', 'short', 'x'.repeat(45), `${'x'.repeat(42)}==`, `${'/'.repeat(43)}=`])
    expect(parseFernetKey(text)).toBeUndefined();
});
