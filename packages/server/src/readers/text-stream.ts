import { Readable } from 'node:stream';
import { stringifyJson } from '@bitacora/protocol';

/** A JSON answer too large to hold as one text, in pieces that are each made when the one before has been sent. */
export class TextStream {
  readonly pieces: AsyncIterator<string>;

  constructor(pieces: AsyncIterator<string>) {
    this.pieces = pieces;
  }

  /** The bytes of the answer; when nobody reads on, no further piece is made. */
  toReadable(): Readable {
    const { pieces } = this;
    return Readable.from({ [Symbol.asyncIterator]: () => pieces }, { objectMode: false });
  }
}

/**
 * `{"<name>": [ … ], …rest}` with the list in pieces: `batches` yields its items, some at a time, and `rest` is asked for
 * after the last.
 *
 * @example
 * streamList('runs', batches, () => ({ next_page_token }))
 */
export function streamList(
  name: string,
  batches: AsyncIterable<readonly unknown[]>,
  rest: () => object,
): TextStream {
  async function* pieces() {
    let before = `{${JSON.stringify(name)}: [`;
    for await (const items of batches) {
      if (items.length === 0) continue;
      yield before + items.map(stringifyJson).join(', ');
      before = ', ';
    }
    const tail = stringifyJson(rest()).slice(1, -1);
    const opened = before === ', ' ? '' : before;
    yield `${opened}]${tail === '' ? '' : `, ${tail}`}}`;
  }
  return new TextStream(pieces());
}
