/** Longer texts than ids are seldom the same. */
const LONGEST = 40;

/** A power of two. */
const PLACES = 2048;

/**
 * Texts that were read before, found by their bytes. What belongs to a page of runs names each of them, and the same few
 * keys, over and over: to find such a text again takes a third of the time that making it anew does, and leaves nothing
 * to be thrown away.
 */
export class KnownTexts {
  readonly #texts: string[] = new Array(PLACES).fill('');

  /** The text that stands in UTF-8 from `start` to `end`. */
  at(bytes: Buffer, start: number, end: number): string {
    if (end - start > LONGEST) return bytes.toString('utf8', start, end);
    let hash = 0;
    for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + (bytes[at] as number)) | 0;
    const place = (hash ^ (hash >>> 15)) & (PLACES - 1);
    const known = this.#texts[place] as string;
    if (isAt(known, bytes, start, end)) return known;
    const text = bytes.toString('utf8', start, end);
    this.#texts[place] = text;
    return text;
  }
}

/** Whether just this text stands there; never so for one with other characters than those of ASCII. */
function isAt(text: string, bytes: Buffer, start: number, end: number): boolean {
  if (text.length !== end - start) return false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code !== bytes[start + index] || code > 127) return false;
  }
  return true;
}
