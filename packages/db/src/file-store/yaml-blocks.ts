import type { Field, Fields } from './yaml.ts';

/**
 * Files as MLflow writes nearly all of them: names with texts, and maps of such below them, one to a line or folded
 * over some. The parser for all of YAML takes fifty times as long.
 *
 * @returns undefined for a file that has anything else in it, or anything that could be read in two ways.
 */
export function parseBlocks(text: string): Fields | undefined {
  if (OTHER_BREAKS.test(text)) return undefined;
  const lines = text.split('\n');
  const root: Map<string, Field | Fields> = new Map();
  /** The maps that are open, the outermost first: each level is indented by two spaces. */
  const open = [root];
  /** The last key, while nothing stands at it yet: what comes next says whether it is a map or a null. */
  let bare: string | undefined;
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!;
    if (line === '') continue;
    const [, indent, key, value = ''] = LINE.exec(line) ?? [];
    if (indent === undefined || key === undefined) return undefined;
    const level = indent.length / 2;
    if (level > open.length || (level === open.length && bare === undefined)) return undefined;
    if (level === open.length) {
      const inner = new Map();
      open.at(-1)!.set(bare!, inner);
      open.push(inner);
    }
    open.length = level + 1;
    const map = open[level]!;
    bare = value === '' ? key : undefined;
    if (value === '') map.set(key, { text: '', isQuoted: false });
    else if (value === ' {}') map.set(key, new Map());
    else if (value === ' []') map.delete(key);
    else {
      let end = index + 1;
      while (end < lines.length && (lines[end] === '' || isDeeper(lines[end]!, indent))) end++;
      while (end > index + 1 && lines[end - 1] === '') end--;
      const field = toScalar([value.slice(1), ...lines.slice(index + 1, end)]);
      if (field === undefined) return undefined;
      map.set(key, field);
      index = end - 1;
    }
  }
  return root.size === 0 ? undefined : root;
}

/** They end a line in some releases of YAML, and in others not. */
const OTHER_BREAKS = /[\r\u0085\u2028\u2029]/;

const LINE = /^((?: {2})*)([\p{L}_][\p{L}\p{N}_./-]*):( .*)?$/u;

const isDeeper = (line: string, indent: string) => line.startsWith(`${indent} `);

/** Text in single quotes, in which only the quote itself is doubled. */
const QUOTED = /^'((?:[^'\t]|'')*)'$/;
/** Text that needs no quotes whatever stands before and after it. */
const PLAIN = /^[\p{L}\p{N}/_.][^:#'"\\\t]*(?::[^\s:#'"\\][^:#'"\\\t]*)*$/u;

/** The text of some lines: a single break between them was a space, each further one a break. */
function toScalar([first = '', ...rest]: readonly string[]): Field | undefined {
  let text = first;
  let breaks = 0;
  for (const line of rest) {
    breaks += 1;
    if (line === '') continue;
    // What ends in a space, or holds a tab, is folded by rules of its own.
    if (text.endsWith(' ') || line.endsWith(' ')) return undefined;
    text += (breaks === 1 ? ' ' : '\n'.repeat(breaks - 1)) + line.trimStart();
    breaks = 0;
  }
  const quoted = QUOTED.exec(text)?.[1];
  if (quoted !== undefined) return { text: quoted.replaceAll("''", "'"), isQuoted: true };
  // A mark that begins or ends a document could stand at the start of a folded line, where it means something else.
  return PLAIN.test(text) && !text.endsWith(' ') ? { text, isQuoted: false } : undefined;
}
