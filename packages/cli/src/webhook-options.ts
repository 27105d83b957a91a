import { isWebhookKey, WEBHOOK_DEFAULTS, type WebhookSettings } from '@bitacora/server';
import { type Command, Option } from 'commander';
import { parseBoolean, parseCount, parseList } from './parse.ts';
import { UsageError } from './usage-error.ts';

export interface WebhookFlags {
  readonly webhookAllowedSchemes: readonly string[];
  readonly webhookAllowPrivateIps: boolean;
  readonly webhookRequestTimeout: number;
  readonly webhookRequestMaxRetries: number;
  readonly webhookDeliveryMaxWorkers: number;
  readonly webhookSecretEncryptionKey?: string;
}

/** MLflow has these as environment variables alone. */
export const addWebhookOptions = (command: Command): Command =>
  command
    .addOption(
      new Option('--webhook-allowed-schemes <list>', 'how webhooks may be reached: https, http')
        .env('MLFLOW_WEBHOOK_ALLOWED_SCHEMES')
        .argParser(parseList)
        .default(WEBHOOK_DEFAULTS.allowedSchemes, WEBHOOK_DEFAULTS.allowedSchemes.join()),
    )
    .addOption(
      new Option(
        '--webhook-allow-private-ips <boolean>',
        'let webhooks reach this machine and its private networks',
      )
        .env('MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS')
        .argParser(parseBoolean)
        .default(WEBHOOK_DEFAULTS.allowPrivateIps),
    )
    .addOption(
      new Option('--webhook-request-timeout <seconds>', 'how long one attempt may take')
        .env('MLFLOW_WEBHOOK_REQUEST_TIMEOUT')
        .argParser(parseCount)
        .default(WEBHOOK_DEFAULTS.timeout_ms / 1000),
    )
    .addOption(
      new Option('--webhook-request-max-retries <number>', 'attempts after the first')
        .env('MLFLOW_WEBHOOK_REQUEST_MAX_RETRIES')
        .argParser(parseCount)
        .default(WEBHOOK_DEFAULTS.maxRetries),
    )
    .addOption(
      new Option(
        '--webhook-delivery-max-workers <number>',
        'deliveries under way at a time; 0 leaves them to other servers on the same database',
      )
        .env('MLFLOW_WEBHOOK_DELIVERY_MAX_WORKERS')
        .argParser(parseCount)
        .default(WEBHOOK_DEFAULTS.maxWorkers),
    )
    .addOption(
      new Option(
        '--webhook-secret-encryption-key <key>',
        'key that secrets of webhooks are stored under; set the variable instead, since others can see options',
      ).env('MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY'),
    );

/** @throws UsageError */
export function toWebhookSettings(flags: WebhookFlags): WebhookSettings {
  const schemes = flags.webhookAllowedSchemes.map((scheme) => scheme.toLowerCase());
  const other = schemes.find((scheme) => scheme !== 'http' && scheme !== 'https');
  if (other !== undefined || schemes.length === 0)
    throw new UsageError(
      `--webhook-allowed-schemes '${flags.webhookAllowedSchemes.join()}' must be https, http or both: nothing else can be sent to.`,
    );
  if (flags.webhookRequestTimeout < 1 || flags.webhookRequestTimeout > MOST_TIMEOUT_S)
    throw new UsageError(
      `--webhook-request-timeout ${flags.webhookRequestTimeout} must be from 1 to ${MOST_TIMEOUT_S} seconds.`,
    );
  const encryptionKey = flags.webhookSecretEncryptionKey;
  if (encryptionKey !== undefined && !isWebhookKey(encryptionKey))
    throw new UsageError(
      "MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY must be 32 bytes in URL-safe base64, as Python's Fernet.generate_key() makes them.",
    );
  return {
    allowedSchemes: schemes,
    allowPrivateIps: flags.webhookAllowPrivateIps,
    timeout_ms: flags.webhookRequestTimeout * 1000,
    maxRetries: flags.webhookRequestMaxRetries,
    maxWorkers: flags.webhookDeliveryMaxWorkers,
    ...(encryptionKey === undefined ? {} : { encryptionKey }),
  };
}

/** A claim lasts somewhat longer, and what a dead server held waits for its end. */
const MOST_TIMEOUT_S = 600;
