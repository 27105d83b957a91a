import type { Value } from '@bitacora/delta';

/** Texts in an answer are cut to so many characters. */
export const MOST_CHARACTERS = 2000;

/** Values as they are answered: JSON has no bytes, no NaN and no infinities. */
export class WireValues {
  /** Whether something was cut so far. */
  isCut = false;

  of(value: Value): unknown {
    if (typeof value === 'string') return this.#cut(value);
    if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
    if (value instanceof Uint8Array) return this.#bytes(value);
    if (Array.isArray(value)) return (value as readonly Value[]).map((entry) => this.of(entry));
    if (typeof value === 'object' && value !== null)
      // Without a prototype: a field may be called `__proto__`.
      return Object.assign(
        Object.create(null),
        ...Object.entries(value).map(([name, entry]) => ({ [name]: this.of(entry as Value) })),
      );
    return value;
  }

  #cut(text: string): string {
    if (text.length <= MOST_CHARACTERS) return text.toWellFormed();
    this.isCut = true;
    return `${text.slice(0, MOST_CHARACTERS)}…`.toWellFormed();
  }

  #bytes(bytes: Uint8Array): string {
    const most = (MOST_CHARACTERS / 4) * 3;
    if (bytes.length > most) this.isCut = true;
    return Buffer.from(bytes.subarray(0, most)).toString('base64');
  }
}
