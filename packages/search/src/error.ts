/** A filter or order that cannot be read. `position` and `length` say where, in UTF-16 units, for whoever marks the place. */
export class SearchSyntaxError extends Error {
  override readonly name = 'SearchSyntaxError';
  readonly position: number;
  readonly length: number;

  constructor(message: string, position: number, length: number) {
    super(message);
    this.position = position;
    this.length = length;
  }
}

/** Text as it may stand in a message. */
export const quote = (text: string): string =>
  `'${(text.length > 80 ? `${text.slice(0, 80)}…` : text).toWellFormed()}'`;
