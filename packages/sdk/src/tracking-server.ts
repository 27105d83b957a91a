import { readFileSync } from 'node:fs';
import { type Client, createClient, invalidParameter } from '@bitacora/protocol';
import { Agent, type Dispatcher, fetch } from 'undici';

/** A tracking server, as MLflow's clients are told of one. */
export interface TrackingServer {
  /** Origin and path prefix, without a final slash. */
  readonly baseUrl: string;
  /** Of every request: credentials, and the workspace. */
  readonly headers: Readonly<Record<string, string>>;
  readonly dispatcher: Dispatcher;
  readonly client: Client;
  close(): Promise<void>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Connects to the server of MLFLOW_TRACKING_URI, with MLflow's own variables for who asks: MLFLOW_TRACKING_USERNAME and
 * MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN; MLFLOW_TRACKING_INSECURE_TLS and MLFLOW_TRACKING_SERVER_CERT_PATH;
 * MLFLOW_WORKSPACE. Nothing is asked of it yet.
 *
 * @throws MlflowError naming the variable where it names no server
 */
export function connectTracking(
  uri: string | undefined,
  environment: Environment = process.env,
): TrackingServer {
  const dispatcher = new Agent({ connect: tlsOf(environment), bodyTimeout: 0, headersTimeout: 0 });
  const url = parse(uri || environment.MLFLOW_TRACKING_URI || '');
  const headers = { ...credentials(url, environment), ...workspace(environment) };
  const baseUrl = `${url.origin}${url.pathname}`.replace(/\/+$/, '');
  return {
    baseUrl,
    headers,
    dispatcher,
    client: createClient({
      baseUrl,
      headers,
      fetch: ((input: string, init: object) =>
        fetch(input, { ...init, dispatcher })) as unknown as typeof globalThis.fetch,
    }),
    close: () => dispatcher.close(),
  };
}

function parse(uri: string): URL {
  if (uri === '')
    throw invalidParameter(
      'No tracking server is named. Set MLFLOW_TRACKING_URI, such as http://127.0.0.1:5000.',
    );
  if (!/^https?:\/\//i.test(uri) || !URL.canParse(uri))
    throw invalidParameter(
      `MLFLOW_TRACKING_URI is '${uri.replace(/\/\/[^/@]*@/, '//***@')}', and must be the address of a server, such as http://127.0.0.1:5000.`,
    );
  return new URL(uri);
}

function credentials(
  url: URL,
  { MLFLOW_TRACKING_USERNAME, MLFLOW_TRACKING_PASSWORD, MLFLOW_TRACKING_TOKEN }: Environment,
): Readonly<Record<string, string>> {
  const user = MLFLOW_TRACKING_USERNAME || decodeURIComponent(url.username);
  const password = MLFLOW_TRACKING_PASSWORD || decodeURIComponent(url.password);
  if (user !== '') return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
  return MLFLOW_TRACKING_TOKEN ? { authorization: `Bearer ${MLFLOW_TRACKING_TOKEN}` } : {};
}

const workspace = ({ MLFLOW_WORKSPACE }: Environment): Readonly<Record<string, string>> =>
  MLFLOW_WORKSPACE ? { 'x-mlflow-workspace': MLFLOW_WORKSPACE } : {};

function tlsOf({ MLFLOW_TRACKING_INSECURE_TLS, MLFLOW_TRACKING_SERVER_CERT_PATH }: Environment) {
  return {
    rejectUnauthorized: !/^(?:true|1)$/i.test(MLFLOW_TRACKING_INSECURE_TLS ?? ''),
    ...(MLFLOW_TRACKING_SERVER_CERT_PATH
      ? { ca: readFileSync(MLFLOW_TRACKING_SERVER_CERT_PATH, 'utf8') }
      : {}),
  };
}
