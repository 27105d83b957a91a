import type { Run } from '@bitacora/protocol';
import type { KeyColumn } from './columns.tsx';

/** RFC 4180: a field with a comma, quote or line break is quoted, quotes within are doubled. */
const field = (value: unknown): string => {
  const text = value === undefined ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** The runs with every key any of them has, one line a run. */
export function toCsv(runs: readonly Run[], keys: readonly KeyColumn[]): string {
  const head = [
    'run_id',
    'run_name',
    'status',
    'start_time',
    'end_time',
    ...keys.map(({ entity, key }) => `${entity}.${key}`),
  ];
  const lines = runs.map(({ info, data }) => [
    info.run_id,
    info.run_name,
    info.status,
    info.start_time,
    info.end_time,
    ...keys.map(({ entity, key }) => data[entity]?.find((entry) => entry.key === key)?.value),
  ]);
  return [head, ...lines].map((line) => line.map(field).join(',')).join('\r\n');
}

export function download(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
