import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { ArtifactStores, parseArtifactPath } from '../../packages/artifacts/src/index.ts';
import { startS3 } from './peers/s3.ts';

const FILE = parseArtifactPath('folder/in parts.bin');

test('an upload in parts is begun with the checksums that its parts will have', async () => {
  const started = await startS3();
  if ('missing' in started) throw new Error(started.missing);
  const peer = started.value;
  // As Amazon's own store is used without being asked; moto itself compares nothing.
  const place = peer.network?.through(await peer.root('checksums'), peer.network.port);
  const stores = new ArtifactStores({
    ...place?.environment,
    AWS_REQUEST_CHECKSUM_CALCULATION: 'WHEN_SUPPORTED',
  });
  try {
    const repository = await stores.at(place?.uri ?? '');
    const content = randomBytes(11 * 1024 * 1024);
    for (const size of [content.length, undefined]) {
      await repository.write(FILE, Readable.from([content]), size);
      expect((await buffer((await repository.find(FILE)).open())).equals(content)).toBe(true);
      await repository.delete(FILE);
    }
  } finally {
    await stores.close();
    await peer.stop();
  }
});
