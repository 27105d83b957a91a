import { ClientError, parseJson } from '@bitacora/protocol';

export interface Bytes {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Of the whole file. */
  readonly size: number;
}

/** A part of a file, from `from` to at most `most` bytes further. */
export async function fetchBytes(
  url: string,
  from: number,
  most: number,
  signal?: AbortSignal,
): Promise<Bytes> {
  const response = await fetch(url, {
    headers: { range: `bytes=${from}-${from + most - 1}` },
    ...(signal ? { signal } : {}),
  });
  // An empty file has no range at all.
  if (response.status === 416) return { bytes: new Uint8Array(), size: from };
  if (!response.ok) throw await toError(response);
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (response.status === 206) {
    const size = Number(/\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1]);
    return { bytes, size: Number.isFinite(size) ? size : from + bytes.length };
  }
  // A proxy may have dropped the range and sent everything.
  return { bytes: bytes.subarray(from, from + most), size: bytes.length };
}

async function toError(response: Response): Promise<Error> {
  const text = await response.text();
  try {
    const { error_code, message } = parseJson(text) as {
      readonly error_code?: unknown;
      readonly message?: unknown;
    };
    if (typeof error_code === 'string') return new ClientError(error_code, String(message), response.status);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return new ClientError(
    `HTTP_${response.status}`,
    text.slice(0, 300) || response.statusText,
    response.status,
  );
}
