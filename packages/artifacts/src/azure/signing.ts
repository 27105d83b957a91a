import {
  BlobSASPermissions,
  type BlobSASSignatureValues,
  type BlobServiceClient,
  generateBlobSASQueryParameters,
  SASProtocol,
  StorageSharedKeyCredential,
  type UserDelegationKey,
} from '@azure/storage-blob';
import type { StoreClock } from '../clock.ts';

/** The clocks of the service's own machines may differ so much. */
const SKEW_MS = 5 * 60_000;

const HOUR_MS = 60 * 60_000;

/** What a signed URL is for. */
export interface Grant {
  readonly container: string;
  readonly blob: string;
  readonly for: 'read' | 'write';
  readonly seconds: number;
  readonly contentType?: string;
  readonly contentDisposition?: string;
}

/** Signs URLs of one account, with its key or with one that the service lends to an identity. */
export class AzureSigner {
  readonly #service: BlobServiceClient;
  readonly #clock: StoreClock;
  readonly #silence_ms: number;
  #lent: { readonly key: UserDelegationKey; readonly until_ms: number } | undefined;

  constructor(service: BlobServiceClient, clock: StoreClock, silence_ms: number) {
    this.#service = service;
    this.#clock = clock;
    this.#silence_ms = silence_ms;
  }

  /**
   * With the account's key. An identity may sign too, if it is allowed to borrow a key, which only trying tells; a
   * signature cannot sign another.
   */
  static canSign({ credential }: BlobServiceClient): 'always' | 'perhaps' | 'never' {
    if (credential instanceof StorageSharedKeyCredential) return 'always';
    return 'getToken' in credential ? 'perhaps' : 'never';
  }

  /** @returns the URL's query. */
  async sign({ container, blob, seconds, ...grant }: Grant): Promise<string> {
    const { credential, accountName, url } = this.#service;
    const now_ms = await this.#clock.now();
    const values: BlobSASSignatureValues = {
      containerName: container,
      blobName: blob,
      permissions: BlobSASPermissions.parse(grant.for === 'read' ? 'r' : 'cw'),
      expiresOn: new Date(now_ms + seconds * 1000),
      // Emulators speak plain HTTP.
      ...(url.startsWith('https:') ? { protocol: SASProtocol.Https } : {}),
      ...(grant.contentType === undefined ? {} : { contentType: grant.contentType }),
      ...(grant.contentDisposition === undefined ? {} : { contentDisposition: grant.contentDisposition }),
    };
    if (credential instanceof StorageSharedKeyCredential)
      return generateBlobSASQueryParameters(values, credential).toString();
    const startsOn = new Date(now_ms - SKEW_MS);
    const key = await this.#lend(now_ms, seconds);
    return generateBlobSASQueryParameters({ ...values, startsOn }, key, accountName).toString();
  }

  async #lend(now_ms: number, seconds: number): Promise<UserDelegationKey> {
    const wanted_ms = now_ms + seconds * 1000;
    if (this.#lent !== undefined && this.#lent.until_ms >= wanted_ms) return this.#lent.key;
    // At most for a week, which is also the longest that a URL is asked for.
    const until_ms = Math.min(wanted_ms + HOUR_MS, now_ms + 7 * 24 * HOUR_MS);
    const key = await this.#service.getUserDelegationKey(new Date(now_ms - SKEW_MS), new Date(until_ms), {
      abortSignal: AbortSignal.timeout(this.#silence_ms),
    });
    this.#lent = { key, until_ms };
    return key;
  }
}
