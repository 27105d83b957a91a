const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';
const DIGITS = new Map([...ALPHABET].map((character, digit) => [character, digit]));

/** Bytes of Z85 text (RFC 32 of ZeroMQ): five characters for four bytes. Undefined when the text is none. */
export function decodeZ85(text: string): Uint8Array | undefined {
  if (text.length % 5 !== 0) return undefined;
  const bytes = new Uint8Array((text.length / 5) * 4);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < text.length; at += 5) {
    let word = 0;
    for (let i = at; i < at + 5; i++) {
      const digit = DIGITS.get(text[i]!);
      if (digit === undefined) return undefined;
      word = word * 85 + digit;
    }
    if (word > 0xffffffff) return undefined;
    view.setUint32((at / 5) * 4, word);
  }
  return bytes;
}
