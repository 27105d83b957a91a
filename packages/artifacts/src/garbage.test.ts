import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { wholeContent } from './whole-content.ts';

test('lets no more memory of what has passed pile up than some parts of an upload have', async () => {
  const MIB = 1024 * 1024;
  const pieces = 512 * 16;
  function* content() {
    for (let sent = 0; sent < pieces; sent++) yield Buffer.allocUnsafeSlow(MIB / 16);
  }
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  let arrived = 0;
  for await (const chunk of wholeContent(Readable.from(content()), 'large', 512 * MIB)) {
    arrived += chunk.length;
    if (arrived % MIB === 0) most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }
  expect(arrived).toBe(512 * MIB);
  expect(most).toBeLessThan(24 * MIB);
});
