import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KnownTexts } from './known-texts.ts';

const read = (known: KnownTexts, text: string) => {
  const bytes = Buffer.from(`\0${text}\0`);
  return known.at(bytes, 1, bytes.length - 1);
};

test('every text is read as it is, whatever was read before', () => {
  const alike = fc.string({ unit: fc.constantFrom('a', 'é', 'Ã', '©', '🚀', '\0', '\x7f'), maxLength: 3 });
  const any = fc.string({ unit: 'binary', maxLength: 60 });
  fc.assert(
    fc.property(fc.array(fc.oneof(alike, any), { maxLength: 20 }), (texts) => {
      const known = new KnownTexts();
      for (const text of [...texts, ...texts]) expect(read(known, text)).toBe(Buffer.from(text).toString());
    }),
  );
});

test('a text is not taken for one whose characters are its bytes', () => {
  const known = new KnownTexts();
  const bytes = Buffer.from('é').toString('latin1');
  expect([bytes, 'é', bytes].map((text) => read(known, text))).toEqual([bytes, 'é', bytes]);
});
