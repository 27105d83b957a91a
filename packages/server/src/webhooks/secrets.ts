import type { Store } from '@bitacora/db';
import { invalidParameter } from '@bitacora/protocol';
import type { Clock } from '../deps.ts';
import { decryptFernet, encryptFernet, type FernetKey, generateFernetKey, parseFernetKey } from './fernet.ts';
import * as queries from './queries.ts';

/** Where the key is kept that takes the place of MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY. */
const KEY_SETTING = 'webhook_secret_encryption_key';

/** A token of more would not fit MLflow's column of 1,000 characters. */
const MOST_SECRET_BYTES = 687;

/** A stored secret that none of our keys opens. */
export class UnreadableSecret extends Error {
  override readonly name = 'UnreadableSecret';

  constructor() {
    super(
      'The secret of this webhook was encrypted with another key. Start the server with the MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY it was stored under, or set the secret again.',
    );
  }
}

/**
 * The secrets of webhooks at rest, in MLflow's own form. The key is the one that the operator sets; without one, a key
 * is made and kept in the database, so that secrets outlive a restart (docs/decisions/0011).
 */
export class WebhookSecrets {
  readonly #store: Pick<Store, 'db' | 'write'>;
  readonly #clock: Clock;
  readonly #configured: FernetKey | undefined;

  constructor(store: Pick<Store, 'db' | 'write'>, clock: Clock, encryptionKey: string | undefined) {
    this.#store = store;
    this.#clock = clock;
    if (encryptionKey === undefined) return;
    this.#configured = parseFernetKey(encryptionKey);
    if (this.#configured === undefined)
      throw new Error('MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY is not 32 bytes in URL-safe base64');
  }

  /** Puts what was stored while no key was set under the key that is set now, where the Python server reads it too. */
  async adopt(): Promise<void> {
    const configured = this.#configured;
    if (configured === undefined || (await this.#findStored()) === undefined) return;
    await this.#store.write(async (tx) => {
      const stored = parseFernetKey((await queries.findSetting(tx, KEY_SETTING)) ?? '');
      if (stored === undefined) return;
      for (const { webhook_id, secret } of await queries.listSecrets(tx)) {
        const text = decryptFernet(stored, secret);
        if (text !== undefined)
          await queries.updateSecret(tx, webhook_id, encryptFernet(configured, text, this.#clock.nowMs()));
      }
      await queries.deleteSetting(tx, KEY_SETTING);
    });
  }

  /** @throws MlflowError INVALID_PARAMETER_VALUE for a secret that is too long. */
  async encrypt(secret: string): Promise<string> {
    const bytes = Buffer.byteLength(secret);
    if (bytes > MOST_SECRET_BYTES)
      throw invalidParameter(
        `Invalid value for parameter 'secret': it has ${bytes} bytes, at most ${MOST_SECRET_BYTES} are allowed.`,
      );
    return encryptFernet(this.#configured ?? (await this.#ensureStored()), secret, this.#clock.nowMs());
  }

  /** @throws UnreadableSecret */
  async decrypt(token: string): Promise<string> {
    const key = this.#configured ?? (await this.#findStored());
    const secret = key && decryptFernet(key, token);
    if (secret === undefined) throw new UnreadableSecret();
    return secret;
  }

  async #findStored(): Promise<FernetKey | undefined> {
    return parseFernetKey((await queries.findSetting(this.#store.db, KEY_SETTING)) ?? '');
  }

  async #ensureStored(): Promise<FernetKey> {
    const found = await this.#findStored();
    if (found) return found;
    // Of two servers that meet here one's key stays, and both go on with that.
    await this.#store.write((tx) => queries.insertSetting(tx, KEY_SETTING, generateFernetKey()));
    const made = await this.#findStored();
    if (!made) throw new Error('the key of webhook secrets is not in the database after it was stored');
    return made;
  }
}
