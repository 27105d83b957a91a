import {
  type Input,
  invalidParameter,
  type searchRunArtifactText,
  type TextMatch,
  type TextSearch,
} from '@bitacora/protocol';
import { fromUnits, toUnits, unitBytes, unitsOf } from './encoded-text.ts';
import type { RangedFile } from './ranged-file.ts';
import { type KnownText, knowText } from './text.ts';

type SearchRequest = Omit<Input<typeof searchRunArtifactText>, 'run_id' | 'path'>;

/** What one call may cost; it then says where the search goes on. */
export interface SearchBounds {
  readonly bytes: number;
  readonly time_ms: number;
}

const BOUNDS: SearchBounds = { bytes: 512 * 1024 * 1024, time_ms: 3_000 };
const MOST_NEEDLE_CHARACTERS = 1_000;
/** A line longer than this is searched piece by piece, in code units. */
const LONG_LINE = 64 * 1024;
/** Around a match, in code units. */
const BEFORE = 100;
const AFTER = 200;

/**
 * Finds the lines that hold a text, while the file streams by: nothing of it is kept but the line at hand.
 *
 * @throws MlflowError INVALID_PARAMETER_VALUE
 */
export async function searchText(
  file: RangedFile,
  request: SearchRequest,
  bounds: SearchBounds = BOUNDS,
): Promise<TextSearch> {
  const { text } = request;
  if (text.length > MOST_NEEDLE_CHARACTERS || /[\r\n]/.test(text)) {
    throw invalidParameter(
      `Invalid value for parameter 'text': it must have from 1 to ${MOST_NEEDLE_CHARACTERS} characters and no line break.`,
    );
  }
  const known = await knowText(file, request.encoding);
  const from = Math.max(Number(request.from_byte), known.first_byte);
  if (from > file.size_bytes) {
    throw invalidParameter(
      `Invalid value ${from} for parameter 'from_byte': the file has ${file.size_bytes} bytes. Give a place in it.`,
    );
  }
  const search = new Search(request, known, from);
  const deadline = performance.now() + bounds.time_ms;
  if (from < file.size_bytes) {
    const content = await file.open(from);
    // A store that is silent is given up when the time is over as well.
    const timer = setTimeout(() => content.destroy(), bounds.time_ms + 1_000);
    try {
      for await (const chunk of content as AsyncIterable<Buffer>) {
        search.take(chunk);
        if (search.isFull || search.taken_bytes >= bounds.bytes || performance.now() >= deadline) break;
      }
    } catch (error) {
      if (!content.destroyed || (error as { code?: unknown }).code !== 'ERR_STREAM_PREMATURE_CLOSE')
        throw error;
    } finally {
      clearTimeout(timer);
      content.destroy();
    }
    if (from + search.taken_bytes >= file.size_bytes) search.end();
  }
  return {
    matches: search.matches,
    ...search.next(file.size_bytes),
    searched_bytes: Math.min(search.at_byte, file.size_bytes) - from,
    size_bytes: file.size_bytes,
    encoding: known.encoding,
  };
}

class Search {
  readonly matches: TextMatch[] = [];
  /** Bytes that have come in. */
  taken_bytes = 0;
  /** Where in the file what is at hand begins, and in which line. */
  at_byte: number;
  #line: number;
  #units = '';
  /** A half of a code unit. */
  #half: Buffer = Buffer.alloc(0);
  /** Whether what is at hand goes on with a long line, and whether that line has had its match. */
  #isWithinLine = false;
  #hasMatched = false;
  readonly #most: number;
  readonly #encoding: KnownText['encoding'];
  readonly #unit: 1 | 2;
  readonly #find: Finder;
  readonly #overlap: number;

  constructor(
    { text, ignore_case, max_results, from_line }: SearchRequest,
    { encoding }: KnownText,
    from: number,
  ) {
    this.at_byte = from;
    this.#line = Number(from_line);
    this.#most = max_results;
    this.#encoding = encoding;
    this.#unit = unitBytes(encoding);
    const needle = unitsOf(text, encoding);
    this.#find =
      needle === undefined ? () => undefined : ignore_case ? folding(text, encoding) : exact(needle);
    // The longest form that letters of the other case may have, three bytes for one of them.
    this.#overlap = (needle?.length ?? 0) * (ignore_case ? 3 : 1) + 4;
  }

  get isFull(): boolean {
    return this.matches.length >= this.#most;
  }

  take(chunk: Buffer): void {
    this.taken_bytes += chunk.length;
    let bytes = chunk;
    if (this.#unit === 2) {
      bytes = Buffer.concat([this.#half, chunk]);
      const whole = bytes.length & ~1;
      this.#half = bytes.subarray(whole);
      bytes = bytes.subarray(0, whole);
    }
    this.#units += toUnits(bytes, this.#encoding);
    const whole = this.#units.lastIndexOf('\n') + 1;
    if (whole > 0) this.#search(whole);
    if (!this.isFull && this.#units.length > LONG_LINE) this.#searchWithinLine();
  }

  /** No more comes. */
  end(): void {
    if (this.isFull) return;
    this.#search(this.#units.length);
    if (!this.isFull && this.#half.length > 0) this.at_byte += this.#half.length;
  }

  next(size: number): Pick<TextSearch, 'next_byte' | 'next_line'> {
    return this.at_byte >= size ? {} : { next_byte: this.at_byte, next_line: this.#line };
  }

  /** Searches whole lines, up to `end` of what is at hand, and lets go of them. */
  #search(end: number): void {
    const block = this.#units.slice(0, end);
    let at = 0;
    if (this.#isWithinLine && this.#hasMatched) at = lineEnd(block, 0);
    let counted = 0;
    let line = this.#line;
    while (at < block.length && !this.isFull) {
      const found = this.#find(block, at);
      if (found === undefined) break;
      const start = block.lastIndexOf('\n', found.at - 1) + 1;
      line += countLines(block, counted, start);
      counted = start;
      this.#push(block, start, lineEnd(block, found.at), found, line);
      at = lineEnd(block, found.at);
    }
    const done = this.isFull ? at : block.length;
    line += countLines(block, counted, done);
    this.#forget(done, line, false);
  }

  /** A line that has not ended and is long already: most of it is searched and let go. */
  #searchWithinLine(): void {
    const block = this.#units;
    if (!this.#hasMatched) {
      const found = this.#find(block, 0);
      if (found !== undefined) {
        this.#push(block, 0, block.length, found, this.#line);
        this.#hasMatched = true;
      }
    }
    this.#forget(this.isFull ? block.length : block.length - this.#overlap, this.#line, true);
  }

  #forget(units: number, line: number, isWithinLine: boolean): void {
    this.at_byte += units * this.#unit;
    this.#units = this.#units.slice(units);
    this.#line = line;
    this.#isWithinLine = isWithinLine;
    if (!isWithinLine) this.#hasMatched = false;
  }

  #push(block: string, start: number, end: number, { at, length }: Found, line: number): void {
    let first = Math.max(start, at - BEFORE);
    let last = Math.min(end, at + length + AFTER);
    // No character is cut.
    while (first < at && isWithinCharacter(block, first, this.#encoding)) first++;
    while (last > at + length && last < end && isWithinCharacter(block, last, this.#encoding)) last--;
    const before = fromUnits(block.slice(first, at), this.#encoding);
    const match = fromUnits(block.slice(at, at + length), this.#encoding);
    const after = fromUnits(block.slice(at + length, last), this.#encoding).replace(/\r?\n?$/, '');
    const isFar = at - start > LONG_LINE || (start === 0 && this.#isWithinLine);
    this.matches.push({
      line_number: line,
      start_byte: this.at_byte + (isFar ? first : start) * this.#unit,
      text: before + match + after,
      match_start: before.length,
      match_length: match.length,
    });
  }
}

/** Whether a unit goes on with the character of the one before it. */
function isWithinCharacter(units: string, at: number, encoding: KnownText['encoding']): boolean {
  const unit = units.charCodeAt(at);
  if (encoding === 'utf-8') return (unit & 0xc0) === 0x80;
  return unit >= 0xdc00 && unit <= 0xdfff;
}

/** After what ends the line that `at` is in. */
function lineEnd(block: string, at: number): number {
  const end = block.indexOf('\n', at);
  return end < 0 ? block.length : end + 1;
}

function countLines(block: string, from: number, to: number): number {
  let count = 0;
  for (let at = block.indexOf('\n', from); at >= 0 && at < to; at = block.indexOf('\n', at + 1)) count++;
  return count;
}

interface Found {
  readonly at: number;
  readonly length: number;
}

type Finder = (block: string, from: number) => Found | undefined;

function exact(needle: string): Finder {
  return (block, from) => {
    const at = block.indexOf(needle, from);
    return at < 0 ? undefined : { at, length: needle.length };
  };
}

/** Compares letters whatever their case, in any script: as characters, since bytes do not tell. */
function folding(text: string, encoding: KnownText['encoding']): Finder {
  const needle = text.toLowerCase();
  return (block, from) => {
    if (!fromUnits(block.slice(from), encoding).toLowerCase().includes(needle)) return undefined;
    for (let at = from; at < block.length; at = lineEnd(block, at)) {
      const line = fromUnits(block.slice(at, lineEnd(block, at)), encoding);
      const found = line.toLowerCase().indexOf(needle);
      if (found < 0) continue;
      const before = unitsOf(line.slice(0, found), encoding)?.length ?? 0;
      const length = unitsOf(line.slice(found, found + needle.length), encoding)?.length ?? needle.length;
      // What is no valid text is longer as � than in the file.
      return { at: Math.min(at + before, lineEnd(block, at) - 1), length };
    }
    return undefined;
  };
}
