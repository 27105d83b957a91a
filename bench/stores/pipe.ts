/**
 * A bare pipe: a server that hands a file to a store and back by the vendor's own library, as its manual shows it, and
 * does nothing else. `node bench/stores/pipe.ts PORT URI`; the environment is the one our server gets. What is sent to a
 * path that ends in `/parts` goes to the store in parts where it would take all in one request.
 */

import { createReadStream, createWriteStream, mkdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { BlobServiceClient } from '@azure/storage-blob';
import { Storage } from '@google-cloud/storage';
import { Client, type SFTPWrapper } from 'ssh2';

interface Pipe {
  up(from: IncomingMessage): Promise<unknown>;
  upInParts?(from: IncomingMessage): Promise<unknown>;
  down(): Promise<Readable>;
}

const NAME = 'pipe.bin';

/** As ours has it. */
const CHUNK_BYTES = 16 * 1024 * 1024;

const [, , port = '', uri = ''] = process.argv;

const PIPES: Readonly<Record<string, (url: URL) => Promise<Pipe>>> = {
  async 's3:'({ host: Bucket }) {
    const client = new S3Client({
      endpoint: process.env.MLFLOW_S3_ENDPOINT_URL ?? '',
      region: process.env.AWS_DEFAULT_REGION ?? '',
      forcePathStyle: true,
      // With one, the library brings moto 1 MB in a second.
      requestChecksumCalculation: 'WHEN_REQUIRED',
    });
    const place = { Bucket, Key: NAME };
    return {
      up: (from) =>
        client.send(
          new PutObjectCommand({
            ...place,
            Body: from,
            ContentLength: Number(from.headers['content-length']),
          }),
        ),
      upInParts: (from) => new Upload({ client, params: { ...place, Body: from } }).done(),
      down: async () => (await client.send(new GetObjectCommand(place))).Body as Readable,
    };
  },
  'wasbs:': azure,
  'abfss:': azure,
  async 'gs:'({ host: bucket }) {
    const apiEndpoint = process.env.STORAGE_EMULATOR_HOST ?? '';
    // The library looks for an emulator's objects at the root of its address, where this one has none.
    delete process.env.STORAGE_EMULATOR_HOST;
    const file = new Storage({ apiEndpoint, projectId: 'tests' }).bucket(bucket).file(NAME);
    return {
      ...writing(
        () => file.createWriteStream(),
        () => file.createReadStream(),
      ),
      upInParts: (from) => pipeline(from, file.createWriteStream({ chunkSize: CHUNK_BYTES })),
    };
  },
  async 'sftp:'({ hostname, port, username, pathname }) {
    const client = new Client();
    const privateKey = readFileSync(join(process.env.HOME ?? '', '.ssh/id_ed25519'));
    await new Promise((resolve, reject) => {
      client
        .once('ready', () => resolve(undefined))
        .once('error', reject)
        .connect({ host: hostname, port: Number(port), username, privateKey });
    });
    // Else either end waits 40 ms for the other, again and again.
    client.setNoDelay(true);
    const sftp = await new Promise<SFTPWrapper>((resolve, reject) =>
      client.sftp((error, opened) => (error ? reject(error) : resolve(opened))),
    );
    const path = `${pathname}/${NAME}`;
    return writing(
      () => sftp.createWriteStream(path),
      () => sftp.createReadStream(path),
    );
  },
};
async function azure({ username: container }: URL): Promise<Pipe> {
  const blob = BlobServiceClient.fromConnectionString(process.env.AZURE_STORAGE_CONNECTION_STRING ?? '')
    .getContainerClient(container)
    .getBlockBlobClient(NAME);
  return {
    up: (from) => blob.uploadStream(from),
    down: async () => (await blob.download()).readableStreamBody as Readable,
  };
}

const writing = (open: () => Writable, read: () => Readable): Pipe => ({
  up: (from) => pipeline(from, open()),
  down: async () => read(),
});

async function folder(path: string): Promise<Pipe> {
  mkdirSync(path, { recursive: true });
  const file = join(path, NAME);
  return writing(
    () => createWriteStream(file),
    () => createReadStream(file),
  );
}

const pipe = await (uri.startsWith('/') ? folder(uri) : PIPES[new URL(uri).protocol]!(new URL(uri)));

createServer(async (request, response) => {
  try {
    const { method, url = '' } = request;
    if (method === 'PUT') await (url.endsWith('/parts') ? pipe.upInParts : pipe.up)?.(request);
    else if (url !== '/health') await pipeline(await pipe.down(), response);
    response.end();
  } catch (error) {
    process.stderr.write(`${error}\n`);
    response.destroy();
  }
}).listen(Number(port), '127.0.0.1');
