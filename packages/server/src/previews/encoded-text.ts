import { isUtf8 } from 'node:buffer';
import type { TextEncoding } from '@bitacora/protocol';

/**
 * Bytes as a string of code units, one character for each: lines, quotes and braces are found in it alike for every
 * encoding, and a place in it is a place in the file.
 */
export function toUnits(bytes: Buffer, encoding: TextEncoding): string {
  if (encoding === 'utf-16le') return bytes.toString('utf16le');
  if (encoding === 'utf-16be')
    return Buffer.from(bytes.subarray(0, bytes.length & ~1))
      .swap16()
      .toString('utf16le');
  return bytes.toString('latin1');
}

/** Bytes of a code unit. */
export const unitBytes = (encoding: TextEncoding): 1 | 2 => (encoding.startsWith('utf-16') ? 2 : 1);

// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant.
const BEYOND_ASCII = /[^\u0000-\u007f]/;
const windows1252 = new TextDecoder('windows-1252');

/** Code units as people read them; what is no character of the encoding becomes �. */
export function fromUnits(units: string, encoding: TextEncoding): string {
  if (unitBytes(encoding) === 2) return units.toWellFormed();
  if (!BEYOND_ASCII.test(units)) return units;
  const bytes = Buffer.from(units, 'latin1');
  return encoding === 'utf-8' ? bytes.toString('utf8') : windows1252.decode(bytes);
}

/** A text as the code units that it has in a file; undefined for what the encoding cannot hold. */
export function unitsOf(text: string, encoding: TextEncoding): string | undefined {
  if (unitBytes(encoding) === 2) return text;
  if (!BEYOND_ASCII.test(text)) return text;
  if (encoding === 'utf-8') return Buffer.from(text, 'utf8').toString('latin1');
  const units: string[] = [];
  for (const character of text) {
    const unit = WINDOWS_1252.get(character);
    if (unit === undefined) return undefined;
    units.push(unit);
  }
  return units.join('');
}

const WINDOWS_1252 = new Map(
  Array.from({ length: 256 }, (_, byte): [string, string] => [
    windows1252.decode(Uint8Array.of(byte)),
    String.fromCharCode(byte),
  ]),
);

/** Where the text begins: after a byte order mark. */
export function markBytes(head: Buffer, encoding: TextEncoding): number {
  if (encoding === 'utf-8') return head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 3 : 0;
  if (encoding === 'utf-16le') return head[0] === 0xff && head[1] === 0xfe ? 2 : 0;
  if (encoding === 'utf-16be') return head[0] === 0xfe && head[1] === 0xff ? 2 : 0;
  return 0;
}

/**
 * How the first bytes of a file are to be read, should they be text; undefined when they hardly are.
 *
 * @param isWhole whether these are all there are: otherwise the last character may be cut.
 */
export function guessEncoding(head: Buffer, isWhole: boolean): TextEncoding | undefined {
  for (const encoding of ['utf-8', 'utf-16le', 'utf-16be'] as const)
    if (markBytes(head, encoding) > 0) return encoding;
  const [even, odd] = countZeros(head);
  const pairs = head.length / 2;
  // Without a mark: mostly Latin letters have a zero in every second byte, and always the same one.
  if (head.length >= 4 && head.length % 2 === 0) {
    if (odd > pairs * 0.7 && even < pairs * 0.05) return looksPrinted(head, 'utf-16le');
    if (even > pairs * 0.7 && odd < pairs * 0.05) return looksPrinted(head, 'utf-16be');
  }
  if (!isMostlyPrinted(head)) return undefined;
  if (isUtf8(isWhole ? head : withoutCutCharacter(head))) return 'utf-8';
  return even + odd === 0 ? 'windows-1252' : undefined;
}

const looksPrinted = (head: Buffer, encoding: TextEncoding): TextEncoding | undefined =>
  isMostlyPrinted(Buffer.from(toUnits(head, encoding), 'latin1')) ? encoding : undefined;

function countZeros(bytes: Buffer): readonly [even: number, odd: number] {
  let [even, odd] = [0, 0];
  for (let at = bytes.indexOf(0); at >= 0; at = bytes.indexOf(0, at + 1)) {
    if (at % 2 === 0) even++;
    else odd++;
  }
  return [even, odd];
}

/** A text may hold a few control characters, such as colours, or the zeros that a crash leaves in a log. */
function isMostlyPrinted(bytes: Buffer): boolean {
  let controls = 0;
  for (const byte of bytes) if (byte < 32 && !(byte >= 7 && byte <= 13) && byte !== 27) controls++;
  return controls <= bytes.length * 0.05;
}

/** The bytes without a last character of UTF-8 that has begun and not ended. */
export function withoutCutCharacter(bytes: Buffer): Buffer {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if ((byte & 0xc0) === 0x80) continue;
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return needed > back ? bytes.subarray(0, bytes.length - back) : bytes;
  }
  return bytes;
}
