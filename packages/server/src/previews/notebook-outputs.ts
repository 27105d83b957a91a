import type { NotebookOutput } from '@bitacora/protocol';

/** An object of a notebook's JSON, about which nothing is known. */
export type Raw = Readonly<Record<string, unknown>>;

export const rawOf = (value: unknown): Raw | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Raw) : undefined;

export const rawsOf = (value: unknown): readonly Raw[] =>
  Array.isArray(value) ? value.map(rawOf).filter((each) => each !== undefined) : [];

/** A text, which notebooks also have as a list of its lines; a long one is cut. */
export function textOf(value: unknown, most: number): string {
  const text = Array.isArray(value) ? value.filter((each) => typeof each === 'string').join('') : value;
  if (typeof text !== 'string') return '';
  return text.length <= most
    ? text.toWellFormed()
    : `${text.slice(0, most).toWellFormed()}\n… (${text.length} characters)`;
}

const MOST_TEXT = 100_000;
const MOST_HTML = 500_000;
const MOST_IMAGE = 4 * 1024 * 1024;

const IMAGES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'] as const;
/** How version 3 of the format calls them. */
const OLD_NAMES: Readonly<Record<string, string>> = {
  text: 'text/plain',
  html: 'text/html',
  png: 'image/png',
  jpeg: 'image/jpeg',
  svg: 'image/svg+xml',
};

/** What coloured text holds besides the text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: this is what begins a colour.
const COLOURS = /\u001b\[[0-9;]*[A-Za-z]/g;

/** @param left how many characters it may have; a picture that does not fit is named and left out. */
export function outputOf(output: Raw, left: number): NotebookOutput {
  const type = typeof output.output_type === 'string' ? output.output_type : '';
  if (type === 'stream') {
    const name = output.name ?? output.stream;
    return {
      output_type: 'stream',
      ...(typeof name === 'string' && { name: name.slice(0, 50).toWellFormed() }),
      text: textOf(output.text, Math.min(MOST_TEXT, left)).replace(COLOURS, ''),
      omitted: [],
    };
  }
  if (type === 'error' || type === 'pyerr') {
    const traceback = textOf(
      Array.isArray(output.traceback) ? output.traceback.map((line) => `${line}\n`) : '',
      MOST_TEXT,
    );
    const said = `${textOf(output.ename, 200)}: ${textOf(output.evalue, 10_000)}`;
    return {
      output_type: 'error',
      text: (traceback === '' ? said : traceback).replace(COLOURS, ''),
      omitted: [],
    };
  }
  return {
    output_type: type === 'execute_result' || type === 'pyout' ? 'execute_result' : 'display_data',
    ...bundleOf(rawOf(output.data) ?? oldBundle(output), left),
  };
}

const oldBundle = (output: Raw): Raw =>
  Object.fromEntries(
    Object.entries(OLD_NAMES).flatMap(([old, name]) => (old in output ? [[name, output[old]]] : [])),
  );

/** The same thing in several types: text, HTML and one picture are kept. */
function bundleOf(bundle: Raw, left: number): Omit<NotebookOutput, 'output_type'> {
  const omitted: string[] = [];
  const shown: { -readonly [K in keyof NotebookOutput]?: NotebookOutput[K] } = {};
  let rest = left;
  for (const [type, value] of Object.entries(bundle).slice(0, 50)) {
    if (type === 'text/plain') {
      shown.text = textOf(value, Math.min(MOST_TEXT, Math.max(rest, 1_000))).replace(COLOURS, '');
      rest -= shown.text.length;
    } else if (type === 'text/html') {
      const html = textOf(value, MOST_HTML + 1);
      // HTML that is cut means something else.
      if (html.length > Math.min(MOST_HTML, rest)) omitted.push(type);
      else shown.html = html;
      rest -= shown.html?.length ?? 0;
    }
  }
  const image = imageOf(bundle, Math.min(MOST_IMAGE, Math.max(rest, 0)));
  for (const type of Object.keys(bundle).slice(0, 50))
    if (!['text/plain', 'text/html', image?.image_type].includes(type))
      omitted.push(type.slice(0, 100).toWellFormed());
  return { ...shown, ...image, omitted };
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

function imageOf(bundle: Raw, most: number): Pick<NotebookOutput, 'image' | 'image_type'> | undefined {
  for (const image_type of IMAGES) {
    if (!Object.hasOwn(bundle, image_type)) continue;
    const image = textOf(bundle[image_type], MOST_IMAGE + 1).replace(/\s/g, '');
    if (image !== '' && image.length <= most && BASE64.test(image)) return { image_type, image };
  }
  if (!Object.hasOwn(bundle, 'image/svg+xml')) return undefined;
  const svg = textOf(bundle['image/svg+xml'], MOST_IMAGE + 1);
  const image = Buffer.from(svg).toString('base64');
  return image.length <= most ? { image_type: 'image/svg+xml', image } : undefined;
}
