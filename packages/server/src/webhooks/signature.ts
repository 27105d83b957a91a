import { createHmac } from 'node:crypto';

export interface Signed {
  readonly delivery_id: string;
  readonly body: string;
  /** Undefined or empty where the webhook has none: then nothing is signed. */
  readonly secret: string | undefined;
  /** When this attempt is made, in milliseconds since the epoch. */
  readonly nowMs: number;
}

/**
 * MLflow's headers. The signature is over `<delivery id>.<timestamp>.<body>`, with the secret's text as the key. The
 * timestamp is that of the attempt: an event may wait for a receiver to come back, and receivers refuse old ones.
 */
export function deliveryHeaders({ delivery_id, body, secret, nowMs }: Signed): Record<string, string> {
  const timestamp = String(Math.floor(nowMs / 1000));
  const headers = {
    'Content-Type': 'application/json',
    'User-Agent': 'bitacora-webhooks',
    'X-MLflow-Delivery-Id': delivery_id,
    'X-MLflow-Timestamp': timestamp,
  };
  if (!secret) return headers;
  const digest = createHmac('sha256', secret).update(`${delivery_id}.${timestamp}.${body}`).digest('base64');
  return { ...headers, 'X-MLflow-Signature': `v1,${digest}` };
}
