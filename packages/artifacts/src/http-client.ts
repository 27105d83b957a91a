import { type Dispatcher, EnvHttpProxyAgent } from 'undici';
import type { Environment } from './artifact-stores.ts';

const CONNECT_MS = 20_000;

/**
 * Connections to HTTP servers that break off where the other side is silent for too long, by way of the proxies that
 * the environment names.
 */
export function httpDispatcher(environment: Environment, silence_ms: number): Dispatcher {
  const either = (name: string) => environment[name] ?? environment[name.toUpperCase()];
  const [httpProxy, httpsProxy, noProxy] = ['http_proxy', 'https_proxy', 'no_proxy'].map(either);
  return new EnvHttpProxyAgent({
    // Empty rather than absent, or it would look into the environment of the process.
    httpProxy: httpProxy ?? '',
    httpsProxy: httpsProxy ?? '',
    noProxy: noProxy ?? '',
    connect: { timeout: Math.min(CONNECT_MS, silence_ms) },
    headersTimeout: silence_ms,
    bodyTimeout: silence_ms,
  });
}
