import { endpoint } from './endpoint.ts';
import { runId } from './fields.ts';
import { optional, required, withDefault } from './wire/field.ts';
import { jsonValue } from './wire/json-value.ts';
import { message, repeated, type WireMessage } from './wire/message.ts';
import { bool, double, enumOf, int32, int64, string } from './wire/scalars.ts';

/** How a file can be looked at. */
export const PREVIEW_VIEWS = { TEXT: 1, ROWS: 2, ARRAY: 3, NOTEBOOK: 4, JSON: 5, PICTURE: 6 } as const;
/** How the bytes of a text are read. */
export const TEXT_ENCODINGS = { 'utf-8': 1, 'utf-16le': 2, 'utf-16be': 3, 'windows-1252': 4 } as const;
export type TextEncoding = keyof typeof TEXT_ENCODINGS;
export const READ_DIRECTIONS = { FORWARD: 1, BACKWARD: 2 } as const;

const path = () => required(string(), { describe: 'A file.' });
const encoding = () =>
  optional(enumOf(TEXT_ENCODINGS), {
    describe: 'How the bytes are read, as an earlier answer has it; judged by the first bytes when unset.',
  });
const sizeBytes = () => required(int64(), { describe: 'Of the whole file.' });

const artifactPreview = message({
  path: required(string()),
  size_bytes: sizeBytes(),
  modified_ms: required(int64()),
  etag: required(string(), { describe: 'Another whenever the content may be.' }),
  format: required(string(), {
    describe: 'What the content is, such as parquet, csv, text, png, pickle or unknown.',
  }),
  encoding: optional(enumOf(TEXT_ENCODINGS), { describe: 'Of a text.' }),
  views: repeatedViews(),
});
export type ArtifactPreview = WireMessage<typeof artifactPreview.fields>;

function repeatedViews() {
  return required(repeated(enumOf(PREVIEW_VIEWS)), {
    describe: 'How the file can be looked at, the best first; none for what can only be downloaded.',
  });
}

const textRequest = {
  path: path(),
  direction: withDefault(enumOf(READ_DIRECTIONS), 'FORWARD', {
    describe: 'FORWARD for the lines from at_byte on, BACKWARD for those before it.',
  }),
  at_byte: optional(int64(), {
    describe:
      'Where a line begins: a start_byte or end_byte of an earlier answer. The beginning of the file, BACKWARD its end, when unset.',
  }),
  max_lines: withDefault(int32(1, 10_000), 1_000),
  max_bytes: withDefault(int32(64, 1_048_576), 262_144, {
    describe: 'Of the file. A line that is longer comes in pieces.',
  }),
  encoding: encoding(),
};

const textPart = message({
  lines: required(repeated(string()), { describe: 'Without what ends them.' }),
  start_byte: required(int64(), { describe: 'Read on BACKWARD from here; 0 at the beginning of the file.' }),
  end_byte: required(int64(), { describe: 'Read on FORWARD from here; size_bytes at the end.' }),
  begins_within_line: required(bool(), { describe: 'Whether the first line is the rest of a longer one.' }),
  ends_within_line: required(bool(), { describe: 'Whether the last line goes on after end_byte.' }),
  size_bytes: sizeBytes(),
  encoding: required(enumOf(TEXT_ENCODINGS)),
  etag: required(string()),
});
export type TextPart = WireMessage<typeof textPart.fields>;

const searchRequest = {
  path: path(),
  text: required(string(), {
    describe: 'What to find: from 1 to 1,000 characters within one line, as they are.',
  }),
  ignore_case: withDefault(bool(), false),
  from_byte: withDefault(int64(), 0, { describe: 'Where a line begins; next_byte of the answer before.' }),
  from_line: withDefault(int64(), 1, {
    describe: 'The number of that line; next_line of the answer before.',
  }),
  max_results: withDefault(int32(1, 1_000), 100),
  encoding: encoding(),
};

const textMatch = message({
  line_number: required(int64(), { describe: 'From 1 on.' }),
  start_byte: required(int64(), {
    describe:
      'Where to read on from to see it: the start of its line, in a very long one a place shortly before.',
  }),
  text: required(string(), { describe: 'The line, or of a long one up to 300 characters around the match.' }),
  match_start: required(int32(), { describe: 'Where in the text the match is, in UTF-16 code units.' }),
  match_length: required(int32()),
});
export type TextMatch = WireMessage<typeof textMatch.fields>;

const searchAnswer = message({
  matches: required(repeated(textMatch), { describe: 'The first of each line.' }),
  next_byte: optional(int64(), {
    describe: 'Where the search goes on. It ends for now with max_results, after 512 MiB or 3 seconds.',
  }),
  next_line: optional(int64()),
  searched_bytes: required(int64()),
  size_bytes: sizeBytes(),
  encoding: required(enumOf(TEXT_ENCODINGS)),
});
export type TextSearch = WireMessage<typeof searchAnswer.fields>;

const rowsRequest = {
  path: path(),
  page_token: optional(string(), { describe: 'next_page_token of the answer before, unchanged.' }),
  max_results: withDefault(int32(1, 1_000), 100, {
    describe: 'Rows. A page of many columns or of long values holds fewer.',
  }),
  first_column: withDefault(int32(0, 1_000_000), 0, { describe: 'Columns passed over.' }),
  max_columns: withDefault(int32(1, 500), 100),
};

const rowColumn = message({
  name: required(string()),
  type: required(string(), {
    describe: 'As the file declares it. Of CSV and JSON lines, what the values of this page look like.',
  }),
});

const rowPage = message({
  format: required(string()),
  columns: required(repeated(rowColumn), {
    describe: 'Those of this page; of JSON lines, the keys that are in it.',
  }),
  column_count: required(int32(), { describe: 'Of the whole table, as far as it is known.' }),
  row_count: optional(int64(), { describe: 'Of the whole table, where the file says.' }),
  first_row: required(int64(), { describe: 'The number of the first row, from 0 on.' }),
  rows: required(repeated(repeated(jsonValue())), {
    describe:
      'Values in the order of the columns: null, boolean, number (64-bit integers exact) or text; what is nested is JSON text. In CSV nothing between two separators is null, as PostgreSQL reads it, and "" an empty text; a key that a line of JSON lacks is null. Texts end after 1,000 characters with … and their length.',
  }),
  problems: required(repeated(string()), { describe: 'What could not be read, row by row.' }),
  next_page_token: optional(string()),
  etag: required(string()),
});
export type RowPage = WireMessage<typeof rowPage.fields>;

const arrayRequest = {
  path: path(),
  first_index: withDefault(int64(), 0, {
    describe: 'Values passed over, in the order in which the file has them.',
  }),
  max_results: withDefault(int32(1, 10_000), 1_000),
};

const arrayStatistics = message({
  count: required(int32()),
  nan_count: required(int32(), { describe: 'Of the count; the rest leave them out.' }),
  min: optional(jsonValue()),
  max: optional(jsonValue()),
  mean: optional(double()),
  standard_deviation: optional(double(), { describe: 'Of a population, as numpy.std has it.' }),
});

const arrayPart = message({
  dtype: required(string(), { describe: "As NumPy names it, such as float64, or '<U12'." }),
  shape: required(repeated(int64())),
  fortran_order: required(bool(), { describe: 'Whether the first index changes fastest.' }),
  value_count: required(int64()),
  first_index: required(int64()),
  values: required(repeated(jsonValue()), {
    describe:
      'Numbers (64-bit integers exact), booleans, or text: NaN, Infinity, complex numbers, times and strings.',
  }),
  statistics: optional(arrayStatistics, { describe: 'Of these values alone, where they are real numbers.' }),
  etag: required(string()),
});
export type ArrayPart = WireMessage<typeof arrayPart.fields>;

const notebookRequest = {
  path: path(),
  first_cell: withDefault(int32(0, 1_000_000), 0),
  max_results: withDefault(int32(1, 200), 50, {
    describe: 'Cells. An answer ends after 8 MiB all the same.',
  }),
};

const notebookOutput = message({
  output_type: required(string(), { describe: 'stream, execute_result, display_data or error.' }),
  name: optional(string(), { describe: 'stdout or stderr.' }),
  text: optional(string()),
  html: optional(string(), { describe: 'As the notebook has it: show it only where it cannot run.' }),
  image_type: optional(
    enumOf({ 'image/png': 1, 'image/jpeg': 2, 'image/gif': 3, 'image/webp': 4, 'image/svg+xml': 5 }),
  ),
  image: optional(string(), { describe: 'base64.' }),
  omitted: required(repeated(string()), {
    describe: 'The types of what is not shown here, or is too large.',
  }),
});
export type NotebookOutput = WireMessage<typeof notebookOutput.fields>;

const notebookCell = message({
  cell_type: required(string(), { describe: 'code, markdown or raw.' }),
  source: required(string()),
  execution_count: optional(int64()),
  outputs: required(repeated(notebookOutput)),
});
export type NotebookCell = WireMessage<typeof notebookCell.fields>;

const notebookPart = message({
  nbformat: required(int32()),
  language: optional(string()),
  cell_count: required(int32()),
  first_cell: required(int32()),
  cells: required(repeated(notebookCell)),
  etag: required(string()),
});
export type NotebookPart = WireMessage<typeof notebookPart.fields>;

const ofRun = {
  method: 'GET',
  permission: { level: 'READ', on: 'run', id: 'run_id' },
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
} as const;
const ofModel = { ...ofRun, permission: { level: 'READ', on: 'logged-model', id: 'model_id' } } as const;
const RUN = '/api/2.0/bitacora/runs/{run_id}/artifacts/preview';
const MODEL = '/api/2.0/bitacora/logged-models/{model_id}/artifacts/preview';
const modelId = () => required(string());

export const previewRunArtifact = endpoint({
  ...ofRun,
  name: 'previewRunArtifact',
  path: RUN,
  summary: 'Say what a file of a run is, judged by its first bytes, and how it can be looked at.',
  request: message({ run_id: runId(), path: path() }),
  response: artifactPreview,
});

export const previewLoggedModelArtifact = endpoint({
  ...ofModel,
  name: 'previewLoggedModelArtifact',
  path: MODEL,
  summary: 'Say what a file of a logged model is, judged by its first bytes, and how it can be looked at.',
  request: message({ model_id: modelId(), path: path() }),
  response: artifactPreview,
});

export const previewRunArtifactText = endpoint({
  ...ofRun,
  name: 'previewRunArtifactText',
  path: `${RUN}/text`,
  summary: 'Read some lines of a file of a run, from its beginning, its end or any place.',
  request: message({ run_id: runId(), ...textRequest }),
  response: textPart,
});

export const previewLoggedModelArtifactText = endpoint({
  ...ofModel,
  name: 'previewLoggedModelArtifactText',
  path: `${MODEL}/text`,
  summary: 'Read some lines of a file of a logged model, from its beginning, its end or any place.',
  request: message({ model_id: modelId(), ...textRequest }),
  response: textPart,
});

export const searchRunArtifactText = endpoint({
  ...ofRun,
  name: 'searchRunArtifactText',
  path: `${RUN}/search`,
  summary: 'Find the lines of a file of a run that hold a text.',
  request: message({ run_id: runId(), ...searchRequest }),
  response: searchAnswer,
});

export const searchLoggedModelArtifactText = endpoint({
  ...ofModel,
  name: 'searchLoggedModelArtifactText',
  path: `${MODEL}/search`,
  summary: 'Find the lines of a file of a logged model that hold a text.',
  request: message({ model_id: modelId(), ...searchRequest }),
  response: searchAnswer,
});

export const previewRunArtifactRows = endpoint({
  ...ofRun,
  name: 'previewRunArtifactRows',
  path: `${RUN}/rows`,
  summary: 'Read a page of rows of a file of a run: Parquet, CSV, JSON lines or Arrow.',
  request: message({ run_id: runId(), ...rowsRequest }),
  response: rowPage,
});

export const previewLoggedModelArtifactRows = endpoint({
  ...ofModel,
  name: 'previewLoggedModelArtifactRows',
  path: `${MODEL}/rows`,
  summary: 'Read a page of rows of a file of a logged model: Parquet, CSV, JSON lines or Arrow.',
  request: message({ model_id: modelId(), ...rowsRequest }),
  response: rowPage,
});

export const previewRunArtifactArray = endpoint({
  ...ofRun,
  name: 'previewRunArtifactArray',
  path: `${RUN}/array`,
  summary: 'Read shape, type and some values of a .npy file of a run.',
  request: message({ run_id: runId(), ...arrayRequest }),
  response: arrayPart,
});

export const previewLoggedModelArtifactArray = endpoint({
  ...ofModel,
  name: 'previewLoggedModelArtifactArray',
  path: `${MODEL}/array`,
  summary: 'Read shape, type and some values of a .npy file of a logged model.',
  request: message({ model_id: modelId(), ...arrayRequest }),
  response: arrayPart,
});

export const previewRunArtifactNotebook = endpoint({
  ...ofRun,
  name: 'previewRunArtifactNotebook',
  path: `${RUN}/notebook`,
  summary: 'Read some cells, with their outputs, of a Jupyter notebook of a run.',
  request: message({ run_id: runId(), ...notebookRequest }),
  response: notebookPart,
});

export const previewLoggedModelArtifactNotebook = endpoint({
  ...ofModel,
  name: 'previewLoggedModelArtifactNotebook',
  path: `${MODEL}/notebook`,
  summary: 'Read some cells, with their outputs, of a Jupyter notebook of a logged model.',
  request: message({ model_id: modelId(), ...notebookRequest }),
  response: notebookPart,
});

export const artifactPreviewEndpoints = {
  previewRunArtifact,
  previewLoggedModelArtifact,
  previewRunArtifactText,
  previewLoggedModelArtifactText,
  searchRunArtifactText,
  searchLoggedModelArtifactText,
  previewRunArtifactRows,
  previewLoggedModelArtifactRows,
  previewRunArtifactArray,
  previewLoggedModelArtifactArray,
  previewRunArtifactNotebook,
  previewLoggedModelArtifactNotebook,
};
