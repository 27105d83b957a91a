import { setTimeout as sleep } from 'node:timers/promises';
import { type Dispatcher, request } from 'undici';
import { BlockPool } from '../block-pool.ts';
import { CLOCK_PATIENCE_MS, StoreClock } from '../clock.ts';
import { ArtifactError } from '../error.ts';
import { GcsRefusal, isPassing } from './errors.ts';
import type { GcsSettings } from './settings.ts';

export interface GcsRequest {
  readonly method?: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** Below the endpoint, with its query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
  readonly signal?: AbortSignal;
}

const TRIES = 3;
const PAUSE_MS = 500;

/** Requests to one bucket's service, with credentials. */
export class GcsClient {
  readonly settings: GcsSettings;
  /** For the chunks of uploads. */
  readonly blocks = new BlockPool();
  readonly clock = new StoreClock(() => this.#askTime());
  readonly #dispatcher: Dispatcher;

  constructor(settings: GcsSettings, dispatcher: Dispatcher) {
    this.settings = settings;
    this.#dispatcher = dispatcher;
  }

  /** Whatever the answer is; its body is to be read or destroyed. */
  async ask({
    method = 'GET',
    path,
    headers = {},
    body,
    signal,
  }: GcsRequest): Promise<Dispatcher.ResponseData> {
    return request(`${this.settings.endpoint}${path}`, {
      method,
      headers: { ...(await this.#credentials()), ...headers },
      dispatcher: this.#dispatcher,
      ...(body === undefined ? {} : { body }),
      ...(signal === undefined ? {} : { signal }),
    });
  }

  /** @throws GcsRefusal for any answer that is none of success. */
  async send(wanted: GcsRequest): Promise<Dispatcher.ResponseData> {
    const response = await this.ask(wanted);
    if (response.statusCode < 300) return response;
    throw new GcsRefusal(response.statusCode, await response.body.text());
  }

  /** For what may be asked twice: tried again where that may help. */
  async sendAgain(wanted: GcsRequest): Promise<Dispatcher.ResponseData> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.send(wanted);
      } catch (error) {
        if (attempt === TRIES || !isPassing(error)) throw error;
        await sleep(PAUSE_MS * attempt);
      }
    }
  }

  async json(wanted: GcsRequest): Promise<unknown> {
    return (await this.sendAgain(wanted)).body.json();
  }

  /** Without credentials: a token may be what there is none of while clocks are apart. */
  async #askTime(): Promise<string | undefined> {
    const { endpoint, bucket } = this.settings;
    const { headers, body } = await request(`${endpoint}/storage/v1/b/${encodeURIComponent(bucket)}`, {
      dispatcher: this.#dispatcher,
      signal: AbortSignal.timeout(CLOCK_PATIENCE_MS),
    });
    await body.dump();
    return typeof headers.date === 'string' ? headers.date : undefined;
  }

  async #credentials(): Promise<Readonly<Record<string, string>>> {
    if (this.settings.isEmulated) return {};
    try {
      return await this.settings.storage.authClient.getRequestHeaders();
    } catch (error) {
      const text = error instanceof Error ? error.message : '';
      // Public buckets are for all.
      if (text.includes('Could not load the default credentials')) return {};
      // What Google says of a token whose time is not now.
      if (/\biat\b/.test(text))
        throw new ArtifactError(
          'denied',
          `The artifact store ${this.settings.name} cannot be used: Google does not take the time of this server. Set the clock of this server.`,
          { cause: error },
        );
      throw new ArtifactError(
        'denied',
        `The artifact store ${this.settings.name} needs credentials, and Google gave this server none. Check GOOGLE_APPLICATION_CREDENTIALS.`,
        { cause: error },
      );
    }
  }

  /** The path of an object in the JSON API. */
  object(name: string, query: Readonly<Record<string, string>> = {}): string {
    return `/storage/v1/b/${encodeURIComponent(this.settings.bucket)}/o/${encodeURIComponent(name)}${queryOf(query)}`;
  }

  /** The path of the bucket's objects. */
  objects(query: Readonly<Record<string, string>>, prefix: '' | '/upload' = ''): string {
    return `${prefix}/storage/v1/b/${encodeURIComponent(this.settings.bucket)}/o${queryOf(query)}`;
  }
}

const queryOf = (query: Readonly<Record<string, string>>) => {
  const text = new URLSearchParams(query).toString();
  return text === '' ? '' : `?${text}`;
};
