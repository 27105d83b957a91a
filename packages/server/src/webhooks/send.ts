import { MlflowError } from '@bitacora/protocol';
import { AddressRefused } from '../outbound/guard.ts';
import type { Outbound } from '../outbound/outbound.ts';
import type { Attempt } from './retries.ts';
import { UnreadableSecret, type WebhookSecrets } from './secrets.ts';
import { deliveryHeaders } from './signature.ts';

export interface Sender {
  readonly outbound: Outbound;
  readonly secrets: WebhookSecrets;
}

export interface Letter {
  readonly delivery_id: string;
  readonly url: string;
  /** As it is stored. */
  readonly secret: string | null;
  readonly body: string;
}

/** One attempt. What goes wrong is its result. */
export async function send(
  { outbound, secrets }: Sender,
  { delivery_id, url, secret, body }: Letter,
  nowMs: number,
  signal: AbortSignal,
): Promise<Attempt> {
  try {
    const plain = secret === null ? undefined : await secrets.decrypt(secret);
    const headers = deliveryHeaders({ delivery_id, body, secret: plain, nowMs });
    return { kind: 'answered', answer: await outbound.post(url, headers, body, signal) };
  } catch (error) {
    return { kind: 'failed', message: messageOf(error), final: isFinal(error) };
  }
}

/** A refused address stays refused, whether its name resolved to it by mistake or to deceive. */
const isFinal = (error: unknown) =>
  error instanceof AddressRefused || error instanceof UnreadableSecret || error instanceof MlflowError;

/** What OpenSSL says of a certificate that nobody it knows has signed. */
const UNTRUSTED: ReadonlySet<string> = new Set([
  ...['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'],
  ...['SELF_SIGNED_CERT_IN_CHAIN', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
]);

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return 'The receiver did not answer in time.';
  if ('code' in error && UNTRUSTED.has(String(error.code)))
    return `The receiver's certificate is not trusted: ${error.message}. If an authority of your own signed it, start the server with NODE_EXTRA_CA_CERTS=/path/to/ca.pem.`;
  // Of several addresses each has its own error, and the whole has no text.
  const reasons = error instanceof AggregateError ? error.errors.map(messageOf).join('; ') : error.message;
  return reasons === '' ? error.name : reasons;
}
