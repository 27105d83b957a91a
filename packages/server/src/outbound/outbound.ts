import { invalidParameter, preview } from '@bitacora/protocol';
import type { Agent } from 'undici';
import { AddressRefused, type Guard, resolveAllowed } from './guard.ts';
import { isPublicAddress } from './public-addresses.ts';
import type { Resolve } from './resolve.ts';

export interface OutboundSettings {
  readonly allowedSchemes: readonly string[];
  /** Whether addresses of private networks and of this machine may be reached. */
  readonly allowPrivateIps: boolean;
  /** For a whole request, from looking up its host to the end of what is read of the answer. */
  readonly timeout_ms: number;
}

export interface Answer {
  readonly status: number;
  /** The beginning of the body, read as UTF-8. */
  readonly text: string;
  /** `Retry-After`, as it came. */
  readonly retryAfter: string | undefined;
}

/** Of an answer's body so many bytes are read. */
const MOST_ANSWER_BYTES = 64 * 1024;

/**
 * Requests that people make this server send to addresses of their choice. Redirects are answers like others: nobody
 * follows them. Proxies that the environment names are not used, for they would connect to what is not judged here.
 */
export class Outbound {
  readonly #settings: OutboundSettings;
  readonly #guard: Guard;
  #agent: Agent | undefined;

  constructor(settings: OutboundSettings, resolve: Resolve) {
    this.#settings = settings;
    this.#guard = { resolve, isAllowed: settings.allowPrivateIps ? () => true : isPublicAddress };
  }

  /**
   * Whether requests to a URL would be sent.
   *
   * @throws MlflowError INVALID_PARAMETER_VALUE
   */
  async check(text: string, path: string): Promise<void> {
    const { hostname } = this.#parse(text, path);
    if (this.#settings.allowPrivateIps) return;
    try {
      await resolveAllowed(hostname, this.#guard);
    } catch (error) {
      const { message } = error as Error;
      throw invalidParameter(
        error instanceof AddressRefused
          ? `Invalid value for parameter '${path}': ${message} Set MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS=true on the server to allow addresses of its own network.`
          : `Invalid value for parameter '${path}': the host '${preview(hostname)}' cannot be resolved (${message}).`,
        { cause: error },
      );
    }
  }

  /**
   * @throws AddressRefused, MlflowError for a URL that is not allowed, or what the network says.
   */
  async post(
    text: string,
    headers: Readonly<Record<string, string>>,
    body: string,
    signal: AbortSignal,
  ): Promise<Answer> {
    const url = this.#parse(text, 'url');
    // 14 MB of memory that most servers never need.
    const { guardedAgent, request } = await import('./client.ts');
    this.#agent ??= guardedAgent(this.#guard, this.#settings.timeout_ms);
    const late = AbortSignal.timeout(this.#settings.timeout_ms);
    const answer = await request(url, {
      method: 'POST',
      headers: { ...headers, ...credentials(url) },
      body,
      dispatcher: this.#agent,
      signal: AbortSignal.any([signal, late]),
    });
    const retryAfter = answer.headers['retry-after'];
    return {
      status: answer.statusCode,
      text: await readBeginning(answer.body),
      retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined,
    };
  }

  /** Ends the connections; requests that are under way fail. */
  async close(): Promise<void> {
    await this.#agent?.destroy();
  }

  #parse(text: string, path: string): URL {
    // Readers of URLs disagree about these; the one that checks and the one that connects must not.
    if (/[\s\\]|\p{Cc}/u.test(text))
      throw invalidParameter(
        `Invalid value ${preview(text)} for parameter '${path}': a URL has no spaces, control characters or backslashes. Encode them.`,
      );
    const url = URL.parse(text);
    if (url === null)
      throw invalidParameter(
        `Invalid value ${preview(text)} for parameter '${path}': it is no URL. Give one such as https://example.com/hook.`,
      );
    const scheme = url.protocol.slice(0, -1);
    const { allowedSchemes } = this.#settings;
    if (!allowedSchemes.includes(scheme))
      throw invalidParameter(
        `Invalid URL scheme '${preview(scheme)}' in parameter '${path}'. Allowed here: ${allowedSchemes.join(', ')}. MLFLOW_WEBHOOK_ALLOWED_SCHEMES on the server sets them.`,
      );
    return url;
  }
}

async function readBeginning(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= MOST_ANSWER_BYTES) break;
    }
  } catch {
    // The status has come and says all that counts. Of a body that breaks off or never ends, what came is kept.
  }
  return new TextDecoder().decode(Buffer.concat(chunks).subarray(0, MOST_ANSWER_BYTES));
}

/** `https://user:password@host`, as Python's requests sends it. */
function credentials({ username, password }: URL): Readonly<Record<string, string>> {
  if (username === '' && password === '') return {};
  const plain = `${decode(username)}:${decode(password)}`;
  return { authorization: `Basic ${Buffer.from(plain).toString('base64')}` };
}

function decode(text: string): string {
  try {
    // A percent sign that begins no escape stands for itself.
    return decodeURIComponent(text.replace(/%(?![0-9a-f]{2})/gi, '%25'));
  } catch {
    return text;
  }
}
