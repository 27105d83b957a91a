export type FileKind = 'image' | 'json' | 'table' | 'text' | 'other';

const KINDS: Readonly<Record<Exclude<FileKind, 'other'>, readonly string[]>> = {
  image: ['png', 'jpg', 'jpeg', 'gif', 'webp', 'bmp', 'svg'],
  json: ['json', 'ipynb', 'geojson'],
  table: ['csv', 'tsv'],
  text: 'txt log err out cfg conf ini properties toml yaml yml xml html htm js ts py r sql sh md rst jsonl env'.split(
    ' ',
  ),
};

const TEXT_NAMES = new Set(['MLmodel', 'MLproject', 'Dockerfile', 'LICENSE', 'README', 'requirements']);

/** How a file is shown, by its name. HTML is shown as its source: an artifact never runs in this page. */
export function fileKind(path: string): FileKind {
  const name = path.split('/').at(-1) ?? '';
  const extension = name.includes('.') ? (name.split('.').at(-1)?.toLowerCase() ?? '') : '';
  for (const [kind, extensions] of Object.entries(KINDS))
    if (extensions.includes(extension)) return kind as FileKind;
  return TEXT_NAMES.has(name) ? 'text' : 'other';
}

/** Rows of a delimited text (RFC 4180): quoted fields may hold delimiters, line breaks and doubled quotes. */
export function parseDelimited(text: string, delimiter: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let field = '';
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (isQuoted) {
      if (char !== '"') field += char;
      else if (text[at + 1] === '"') {
        field += '"';
        at++;
      } else isQuoted = false;
    } else if (char === '"' && field === '') isQuoted = true;
    else if (char === delimiter) {
      row.push(field);
      field = '';
    } else if (char === '\n' || char === '\r') {
      if (char === '\r' && text[at + 1] === '\n') at++;
      rows.push([...row, field]);
      row = [];
      field = '';
    } else field += char;
  }
  if (field !== '' || row.length > 0) rows.push([...row, field]);
  return rows;
}
