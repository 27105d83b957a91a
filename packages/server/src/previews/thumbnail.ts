import { buffer } from 'node:stream/consumers';
import { invalidParameter, MlflowError, preview } from '@bitacora/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Place } from '../artifacts/location.ts';
import { isKnown } from '../http/if-none-match.ts';
import { RangedFile } from './ranged-file.ts';
import { sniff } from './sniff.ts';
import { reasonOf, unreadable } from './unreadable.ts';

/** In pixels, of the longer side. */
const WIDTH = 256;
const LEAST_WIDTH = 16;
const MOST_WIDTH = 1024;
/** A picture is decoded as a whole: these bound what it costs, whatever its file claims. */
const MOST_BYTES = 48 * 1024 * 1024;
const MOST_PIXELS = 64_000_000;
const MOST_SECONDS = 10;
/** Made at a time: each takes a thread of the four that files are read with too. */
const AT_ONCE = 2;
const MOST_WAITING = 200;

/** What is decoded here. SVG is not among them: it is a program, and shown by the browser alone, as a picture. */
const DECODED = new Set(['png', 'jpeg', 'gif', 'webp', 'tiff', 'avif']);

/**
 * Answers a picture made small, the right way up, without what else its file holds. It is made anew for each request
 * that does not know it yet by its ETag.
 *
 * @throws MlflowError INVALID_PARAMETER_VALUE for what is no picture, is broken or too large
 */
export async function sendThumbnail(
  place: Place,
  path: string,
  widthText: string,
  request: FastifyRequest,
  reply: FastifyReply,
) {
  const width = readWidth(widthText);
  await using file = await RangedFile.find(place, path);
  const etag = `"${file.etag.replace(/^W\/|"/g, '')}-${width}"`;
  reply.header('etag', etag).header('cache-control', 'private, no-cache');
  if (isKnown(request.headers['if-none-match'], etag)) return reply.code(304).send();
  const { format } = await sniff(file);
  if (!DECODED.has(format))
    throw unreadable(path, `its content is ${format}, and PNG, JPEG, GIF, WebP, TIFF or AVIF is expected`);
  if (file.size_bytes > MOST_BYTES)
    throw unreadable(path, `it has ${file.size_bytes} bytes, pictures are made small up to ${MOST_BYTES}`);
  const picture = await turns.take(() => makeSmall(file, width));
  return reply
    .header('content-type', 'image/webp')
    .header('x-content-type-options', 'nosniff')
    .header('content-security-policy', "default-src 'none'; sandbox")
    .send(picture);
}

function readWidth(text: string): number {
  const width = text === '' ? WIDTH : /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (width >= LEAST_WIDTH && width <= MOST_WIDTH) return width;
  throw invalidParameter(
    `Invalid value '${preview(text)}' for parameter 'width': it must be a whole number from ${LEAST_WIDTH} to ${MOST_WIDTH}.`,
  );
}

async function makeSmall(file: RangedFile, width: number): Promise<Buffer> {
  const sharp = await loadSharp();
  const content = await buffer(await file.open(0));
  try {
    // The first picture of an animation; a damaged end is no reason to show nothing.
    return await sharp(content, {
      limitInputPixels: MOST_PIXELS,
      sequentialRead: true,
      failOn: 'error',
      pages: 1,
    })
      .timeout({ seconds: MOST_SECONDS })
      .autoOrient()
      .resize(width, width, { fit: 'inside', withoutEnlargement: true })
      .webp({ quality: 80 })
      .toBuffer();
  } catch (error) {
    throw unreadable(file.path, `it is no picture that can be read (${reasonOf(error)})`, error);
  }
}

type Sharp = typeof import('sharp')['default'];
let loading: Promise<Sharp> | undefined;

/** Loaded when the first picture is asked for. It is compiled for each platform, and some have none. */
function loadSharp(): Promise<Sharp> {
  loading ??= import('sharp').then(
    ({ default: sharp }) => {
      sharp.cache(false);
      sharp.concurrency(1);
      // Only what is decoded here may be loaded, whatever a file says that it is.
      sharp.block({ operation: ['VipsForeignLoad'] });
      sharp.unblock({
        operation: [
          'VipsForeignLoadPng',
          'VipsForeignLoadJpeg',
          'VipsForeignLoadNsgif',
          'VipsForeignLoadWebp',
          'VipsForeignLoadTiff',
          'VipsForeignLoadHeif',
        ],
      });
      return sharp;
    },
    (error: unknown) => {
      throw new MlflowError('NOT_IMPLEMENTED', 'Pictures cannot be made small on this platform.', {
        cause: error,
      });
    },
  );
  return loading;
}

/** Lets a few have their turn together, and the others wait. */
class Turns {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  async take<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#waiting.length >= MOST_WAITING)
      throw new MlflowError(
        'TEMPORARILY_UNAVAILABLE',
        `${MOST_WAITING} pictures are waiting already. Try again later.`,
      );
    if (this.#running >= AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }
}

const turns = new Turns();
