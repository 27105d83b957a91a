import { PEERS } from '../../compat/stores/peers.ts';
import { type DeltaLog, deltaLog } from './delta-log.ts';
import { type Listing, listing } from './listing.ts';
import { type SmallFiles, smallFiles } from './small-files.ts';
import { type Transfers, transfers } from './transfers.ts';

export interface StoreFigures {
  readonly megabytes: number;
  readonly transfers: Readonly<Record<string, Transfers>>;
  readonly listings: Readonly<Record<string, Listing>>;
  readonly smallFiles: SmallFiles;
  readonly deltaLog: DeltaLog;
}

const FULL = { megabytes: 200, large: 4000, entries: 100_000, files: 10_000, commits: 10_000 };
const QUICK: typeof FULL = { megabytes: 20, large: 100, entries: 3000, files: 200, commits: 200 };

/** Filling these with a hundred thousand files takes minutes, others many times as long. */
const LISTED = ['local', 's3'];

/** The emulator of Google Cloud Storage copies all that it has of an object with each chunk: 4 GB would take it hours. */
const MOST_OF_GCS = 500;

/** The same protocol twice says nothing. */
const LEFT_OUT = ['s3 that checks signatures'];

/** Files through our server into each store, which is started for it. */
export async function measureStores(isQuick: boolean): Promise<StoreFigures> {
  const { megabytes, large, entries, files, commits } = isQuick ? QUICK : FULL;
  const moved: Record<string, Transfers> = {};
  const listed: Record<string, Listing> = {};
  const say = (text: string) => process.stderr.write(`${text}\n`);
  for (const [name, start] of PEERS) {
    if (LEFT_OUT.includes(name)) continue;
    const peer = await start();
    if ('missing' in peer) {
      say(`${name} left out: ${peer.missing}`);
      continue;
    }
    try {
      moved[name] = await transfers(
        peer.value,
        megabytes,
        name === 'gcs' ? Math.min(large, MOST_OF_GCS) : large,
      );
      say(`${name}: transfers done`);
      if (LISTED.includes(name)) listed[name] = await listing(peer.value, entries);
      say(`${name}: done`);
    } finally {
      await peer.value.stop();
    }
  }
  const small = await smallFiles(files);
  say('small files done');
  return {
    megabytes,
    transfers: moved,
    listings: listed,
    smallFiles: small,
    deltaLog: await deltaLog(commits),
  };
}
