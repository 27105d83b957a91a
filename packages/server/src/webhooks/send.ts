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

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return 'The receiver did not answer in time.';
  // Of several addresses each has its own error, and the whole has no text.
  const reasons = error instanceof AggregateError ? error.errors.map(messageOf).join('; ') : error.message;
  return reasons === '' ? error.name : reasons;
}
