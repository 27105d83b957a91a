import {
  type Input,
  type NotebookCell,
  type NotebookPart,
  parseJson,
  type previewRunArtifactNotebook,
} from '@bitacora/protocol';
import { fromUnits, guessEncoding, markBytes, toUnits } from './encoded-text.ts';
import { outputOf, type Raw, rawOf, rawsOf, textOf } from './notebook-outputs.ts';
import type { RangedFile } from './ranged-file.ts';
import { orUnreadable, unreadable } from './unreadable.ts';

type NotebookRequest = Omit<Input<typeof previewRunArtifactNotebook>, 'run_id' | 'path'>;

/** A notebook is one JSON value, so it is parsed as a whole; of larger ones most is pictures. */
const MOST_BYTES = 32 * 1024 * 1024;
/** An answer ends after about so many characters. */
const MOST_ANSWER_CHARACTERS = 8 * 1024 * 1024;
const MOST_SOURCE_CHARACTERS = 200_000;
const MOST_OUTPUTS = 100;

/** Cells with their outputs. Nothing of them runs, here or in an answer: HTML is passed on as text. */
export async function readNotebook(
  file: RangedFile,
  { first_cell, max_results }: NotebookRequest,
): Promise<NotebookPart> {
  if (file.size_bytes > MOST_BYTES)
    throw unreadable(
      file.path,
      `it has ${file.size_bytes} bytes, notebooks are shown up to ${MOST_BYTES}. Read it as text`,
    );
  const bytes = await file.read(0, file.size_bytes);
  return orUnreadable(file.path, 'notebook', () => {
    const encoding = guessEncoding(bytes.subarray(0, 65_536), bytes.length <= 65_536) ?? 'utf-8';
    const text = fromUnits(toUnits(bytes.subarray(markBytes(bytes, encoding)), encoding), encoding);
    const notebook = rawOf(parseJson(text));
    if (notebook === undefined) throw new TypeError('its JSON is no object');
    const cells = cellsOf(notebook);
    const shown: NotebookCell[] = [];
    let left = MOST_ANSWER_CHARACTERS;
    for (const cell of cells.slice(first_cell, first_cell + max_results)) {
      const read = cellOf(cell, MOST_ANSWER_CHARACTERS);
      left -= sizeOf(read);
      // The first one is shown, whatever it takes.
      if (left < 0 && shown.length > 0) break;
      shown.push(read);
    }
    const language = languageOf(notebook);
    return {
      nbformat: typeof notebook.nbformat === 'number' ? Math.trunc(notebook.nbformat) || 0 : 0,
      ...(language !== undefined && { language }),
      cell_count: cells.length,
      first_cell,
      cells: shown,
      etag: file.etag,
    };
  });
}

/** Up to version 3 of the format there were worksheets, of which programs made one. */
function cellsOf(notebook: Raw): readonly Raw[] {
  const cells = Array.isArray(notebook.cells)
    ? rawsOf(notebook.cells)
    : rawsOf(notebook.worksheets).flatMap(({ cells }) => rawsOf(cells));
  if (!Array.isArray(notebook.cells) && !Array.isArray(notebook.worksheets))
    throw new TypeError('it has no cells');
  return cells;
}

function languageOf({ metadata }: Raw): string | undefined {
  const { kernelspec, language_info } = rawOf(metadata) ?? {};
  const language = rawOf(language_info)?.name ?? rawOf(kernelspec)?.language;
  return typeof language === 'string' && language !== '' ? language.slice(0, 100).toWellFormed() : undefined;
}

function cellOf(cell: Raw, left: number): NotebookCell {
  const count = cell.execution_count ?? cell.prompt_number;
  const source = textOf(cell.source ?? cell.input, MOST_SOURCE_CHARACTERS);
  const outputs = rawsOf(cell.outputs);
  let rest = left - source.length;
  return {
    cell_type: typeof cell.cell_type === 'string' ? cell.cell_type.slice(0, 50).toWellFormed() : 'raw',
    source,
    ...(Number.isSafeInteger(count) && { execution_count: count as number }),
    outputs: outputs.slice(0, MOST_OUTPUTS).map((output) => {
      const read = outputOf(output, Math.max(rest, 0));
      rest -= (read.text?.length ?? 0) + (read.html?.length ?? 0) + (read.image?.length ?? 0);
      return read;
    }),
  };
}

const sizeOf = ({ source, outputs }: NotebookCell): number =>
  outputs.reduce(
    (sum, { text = '', html = '', image = '' }) => sum + text.length + html.length + image.length + 100,
    source.length + 100,
  );
