export type ViewerKind = 'image' | 'json' | 'table' | 'text' | 'unknown';

const IMAGE_TYPES: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  avif: 'image/avif',
  bmp: 'image/bmp',
  ico: 'image/x-icon',
  svg: 'image/svg+xml',
};

const TEXT = new Set(
  'txt log err out cfg conf ini properties hocon toml yaml yml xml js mjs ts tsx jsx css py r java scala go rs c h cpp sh bash sql rst md markdown mdx jsonl ndjson jsonnet pbtxt ipynb html htm diff patch env lock gitignore dockerfile'.split(
    ' ',
  ),
);
const TEXT_NAMES = new Set(['mlmodel', 'mlproject', 'dockerfile', 'makefile', 'license', 'readme']);

const extensionOf = (path: string): string => /\.([^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? '';

/** How a file is shown, as far as its name says. What is unknown is looked into. */
export function viewerKind(path: string): ViewerKind {
  const extension = extensionOf(path);
  if (Object.hasOwn(IMAGE_TYPES, extension)) return 'image';
  if (extension === 'json' || extension === 'ipynb' || extension === 'geojson') return 'json';
  if (extension === 'csv' || extension === 'tsv') return 'table';
  if (TEXT.has(extension) || TEXT_NAMES.has(path.slice(path.lastIndexOf('/') + 1).toLowerCase()))
    return 'text';
  return 'unknown';
}

export const imageType = (path: string): string =>
  IMAGE_TYPES[extensionOf(path)] ?? 'application/octet-stream';
export const isTabSeparated = (path: string): boolean => extensionOf(path) === 'tsv';
export const isHtml = (path: string): boolean => /^html?$/.test(extensionOf(path));
