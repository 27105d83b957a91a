import { createHash } from 'node:crypto';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { BlockPool, type BlockSource } from '../block-pool.ts';
import type { S3Settings } from './settings.ts';

/** Slow readers each keep a connection; nobody else shall wait for them. */
const MOST_CONNECTIONS = 1024;

const CONNECT_MS = 10_000;

export interface S3Connection {
  readonly client: S3Client;
  /** For the parts of uploads. */
  readonly blocks: BlockSource;
  /** Signs URLs. What will be sent to them is not known here, so it must not sign a checksum of nothing. */
  readonly signing: S3Client;
  /** What the store's clock says, by its last answer: it takes no request that was signed 15 minutes off. */
  now(): Date;
  /** Requests that are under way end by themselves. */
  close(): void;
}

export async function openS3(settings: S3Settings): Promise<S3Connection> {
  const agents = {
    httpAgent: new HttpAgent({ keepAlive: true, maxSockets: MOST_CONNECTIONS }),
    httpsAgent: new HttpsAgent({
      keepAlive: true,
      maxSockets: MOST_CONNECTIONS,
      rejectUnauthorized: settings.verifiesTls,
    }),
  };
  const config = {
    ...settingsOfClient(settings),
    region: settings.region ?? (await regionOfProfile()),
    requestHandler: handlerOf(agents, settings.silence_ms),
  };
  const client = new S3Client(config);
  if (settings.endpoint !== undefined) addMd5OfDeletions(client);
  return {
    client,
    blocks: new BlockPool(),
    signing: new S3Client({ ...config, requestChecksumCalculation: 'WHEN_REQUIRED' }),
    now: () => new Date(Date.now() + client.config.systemClockOffset),
    close() {
      for (const agent of Object.values(agents)) {
        for (const sockets of Object.values(agent.freeSockets))
          for (const each of sockets ?? []) each.destroy();
        // Those in use are not kept when they become free.
        agent.maxFreeSockets = 0;
      }
    },
  };
}

function settingsOfClient(settings: S3Settings): S3ClientConfig {
  return {
    forcePathStyle: settings.usesPathStyle,
    followRegionRedirects: settings.endpoint === undefined,
    useArnRegion: true,
    ...(settings.attempts === undefined ? {} : { maxAttempts: settings.attempts }),
    ...(settings.endpoint === undefined ? {} : { endpoint: settings.endpoint }),
    ...(settings.credentials === undefined ? {} : { credentials: settings.credentials }),
    ...(settings.isAnonymous
      ? {
          signer: { sign: async (request) => request },
          credentials: { accessKeyId: '', secretAccessKey: '' },
        }
      : {}),
    // Every body is signed with its SHA-256, which any store compares. Amazon's own takes and keeps a CRC of it as well;
    // several others refuse a request that carries one, so there the operator has to ask for it (AWS_REQUEST_CHECKSUM_CALCULATION).
    // What a store sends along with a file is compared, wherever it is.
    ...(settings.endpoint === undefined || settings.asksForChecksums
      ? {}
      : { requestChecksumCalculation: 'WHEN_REQUIRED' as const }),
  };
}

/** A profile may name one. Amazon answers with the right one where this is not, and others mostly do not care. */
async function regionOfProfile(): Promise<string> {
  const probe = new S3Client({});
  try {
    return await probe.config.region();
  } catch {
    return 'us-east-1';
  } finally {
    probe.destroy();
  }
}

/**
 * Silence ends every request. Only of a download the socket may be silent, as its reader may be slow: there the time
 * until it begins is bounded, and the rest by `Download`.
 */
function handlerOf(
  agents: { readonly httpAgent: HttpAgent; readonly httpsAgent: HttpsAgent },
  silence_ms: number,
): NonNullable<S3ClientConfig['requestHandler']> {
  const connectionTimeout = Math.min(CONNECT_MS, silence_ms);
  const downloads = new NodeHttpHandler({
    ...agents,
    connectionTimeout,
    requestTimeout: silence_ms,
    throwOnRequestTimeout: true,
  });
  const others = new NodeHttpHandler({ ...agents, connectionTimeout, socketTimeout: silence_ms });
  return {
    metadata: others.metadata,
    handle: (...[request, options]: Parameters<NodeHttpHandler['handle']>) =>
      (request.query['x-id'] === 'GetObject' ? downloads : others).handle(request, options),
    updateHttpClientConfig: (key, value) => others.updateHttpClientConfig(key, value),
    httpHandlerConfigs: () => others.httpHandlerConfigs(),
  };
}

/** Deletions of several objects need a checksum, and stores that do not know Amazon's newer ones want this. */
function addMd5OfDeletions(client: S3Client): void {
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const request = args.request as { body?: unknown; headers: Record<string, string> };
      if (context.commandName !== 'DeleteObjectsCommand' || typeof request.body !== 'string')
        return next(args);
      for (const name of Object.keys(request.headers))
        if (/^x-amz-(?:sdk-)?checksum-/i.test(name)) delete request.headers[name];
      request.headers['content-md5'] = createHash('md5').update(request.body).digest('base64');
      return next(args);
    },
    { step: 'build', name: 'md5OfDeletions', priority: 'low' },
  );
}
