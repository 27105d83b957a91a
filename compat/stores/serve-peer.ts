import { PEERS } from './peers.ts';

/**
 * Starts a store for a suite in another language: writes `{"environment": {…}, "roots": ["…"]}` as a line, and ends
 * with its input. `{"missing": "…"}` where it cannot be had.
 */
const [, , wanted, roots = '1'] = process.argv;
const start = PEERS.find(([name]) => name === wanted)?.[1];
if (start === undefined) throw new Error(`There is no store '${wanted}'.`);
const peer = await start();
if ('missing' in peer) {
  process.stdout.write(`${JSON.stringify(peer)}\n`);
} else {
  const { value } = peer;
  const places: string[] = [];
  for (let at = 0; at < Number(roots); at++) places.push(await value.root(`clients-${at}`));
  process.stdout.write(`${JSON.stringify({ environment: value.environment, roots: places })}\n`);
  process.stdin.resume().once('end', async () => {
    await value.stop();
    process.exit();
  });
}
