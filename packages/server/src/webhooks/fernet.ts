import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * A key of Fernet (https://github.com/fernet/spec): 16 bytes that sign and 16 that encrypt.
 * MLflow keeps the secrets of webhooks as tokens of it.
 */
export interface FernetKey {
  readonly signing: Buffer;
  readonly encryption: Buffer;
}

const VERSION = 0x80;
/** Version, 8 bytes of time and 16 of initialisation vector. */
const HEADER_BYTES = 25;
const MAC_BYTES = 32;

/** @returns undefined for text that is not 32 bytes in URL-safe base64. */
export function parseFernetKey(text: string): FernetKey | undefined {
  const bytes = /^[\w-]{43}=?$/.test(text) ? Buffer.from(text, 'base64url') : undefined;
  return bytes?.length === 32
    ? { signing: bytes.subarray(0, 16), encryption: bytes.subarray(16) }
    : undefined;
}

/** Whether text is a key for the secrets of webhooks. */
export const isWebhookKey = (text: string) => parseFernetKey(text) !== undefined;

export const generateFernetKey = () => `${randomBytes(32).toString('base64url')}=`;

export function encryptFernet({ signing, encryption }: FernetKey, text: string, nowMs: number): string {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt8(VERSION, 0);
  header.writeBigUInt64BE(BigInt(Math.floor(nowMs / 1000)), 1);
  const iv = randomBytes(16);
  iv.copy(header, 9);
  const cipher = createCipheriv('aes-128-cbc', encryption, iv);
  const signed = Buffer.concat([header, cipher.update(text, 'utf8'), cipher.final()]);
  const token = Buffer.concat([signed, macOf(signing, signed)]);
  return withPadding(token.toString('base64url'));
}

/** @returns undefined for what was not encrypted with this key. */
export function decryptFernet({ signing, encryption }: FernetKey, token: string): string | undefined {
  const bytes = Buffer.from(token, 'base64url');
  if (bytes.length < HEADER_BYTES + 16 + MAC_BYTES || bytes[0] !== VERSION) return undefined;
  const signed = bytes.subarray(0, -MAC_BYTES);
  if (!timingSafeEqual(macOf(signing, signed), bytes.subarray(-MAC_BYTES))) return undefined;
  const decipher = createDecipheriv('aes-128-cbc', encryption, signed.subarray(9, HEADER_BYTES));
  return Buffer.concat([decipher.update(signed.subarray(HEADER_BYTES)), decipher.final()]).toString('utf8');
}

const macOf = (signing: Buffer, signed: Buffer) => createHmac('sha256', signing).update(signed).digest();

/** Python refuses base64 whose length is no multiple of four. */
const withPadding = (text: string) => text.padEnd(Math.ceil(text.length / 4) * 4, '=');
