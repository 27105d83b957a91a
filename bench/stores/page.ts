import { show } from '../measure.ts';
import { machine, versions } from '../report.ts';
import type { StoreFigures } from './stores.ts';

/** What stands behind each name: none of these is the service itself. */
const PEER: Readonly<Record<string, string>> = {
  local: 'a folder',
  s3: 'moto',
  azure: 'Azurite',
  gcs: 'fake-gcs-server',
  sftp: 'OpenSSH',
};

const percent = (part: number) => `${Math.round(part * 100)} %`;

function directions(transfers: StoreFigures['transfers']): string[] {
  return (['up', 'down'] as const).map((way) => {
    const isUp = way === 'up';
    const columns = [
      ...[way, 'server', 'pipe', 'of it'],
      ...(isUp ? ['pipe in parts', 'of it'] : []),
      ...['alone', 'large file, MB', 'memory, MB'],
    ];
    const rows = Object.entries(transfers).map(
      ([name, { server, pipe, pipe_in_parts_up, alone, memory, large_mb }]) => [
        ...[`${name} (${PEER[name] ?? name})`, show(server[way])],
        ...against(server[way], pipe[way]),
        ...(isUp ? against(server.up, pipe_in_parts_up) : []),
        ...[show(alone[way]), large_mb.toLocaleString('en'), show(memory[way])],
      ],
    );
    return [columns, ['---', ...columns.slice(1).map(() => '---:')], ...rows]
      .map((cells) => `| ${cells.join(' | ')} |`)
      .join('\n');
  });
}

const against = (ours: number, pipe: number | undefined) =>
  pipe === undefined ? ['–', '–'] : [show(pipe), percent(ours / pipe)];

/** The page `docs/artifact-speed.md`. */
export function storesPage({ megabytes, transfers, listings, smallFiles, deltaLog }: StoreFigures): string {
  const { files, bitacora_per_s, mlflow_per_s, nobody_per_s } = smallFiles;
  return `# How fast files move

Written by \`npm run bench -- --stores --write-docs\`. Client, server and store share the machine's cores, so only ratios mean anything.

- ${machine().join('\n- ')}
- ${versions(undefined).join(', ')}

## Through the server into a store

A file of ${megabytes} MB, medians of 3, in MB per second. *Pipe*: a bare HTTP server around the vendor's own library, used as its manual shows it, without checks (\`bench/stores/pipe.ts\`); *of it*: how much of that our server reaches. *Alone*: our library in a process of its own, without a server between, which nobody can reach who shares the processor with a server.
Memory is what the server takes at most above its idle state after a first small file, with which the store's library is loaded, while a large file comes and while it goes.

${directions(transfers).join('\n\n')}

What stands in for two clouds weighs on them, counted in milliseconds of a processor for each MB. Into S3 the pipe sends all in one request, which may have 5 GB and cannot be sent again in part; ours goes in parts, as Amazon's library sends streams (\`@aws-sdk/lib-storage\`, *in parts*). moto writes each part to a disk and copies them together at the end: 9 in place of 5, beside 2.5 for our server, 1.6 for the pipe and 4.7 for the one in parts. Google's stand-in copies all that it has with each chunk: 17 for a file of 100 MB in chunks of 8 MiB, and 8 where that is one chunk, beside 3.5 for our server and 9 for the pipe.

## Long listings

One folder, listed through the server: the answer goes out as the store tells its names.

| store | files | first byte, ms | all, s | memory, MB |
|---|---:|---:|---:|---:|
${Object.entries(listings)
  .map(
    ([name, l]) =>
      `| ${name} (${PEER[name] ?? name}) | ${l.entries.toLocaleString('en')} | ${show(l.first_byte_ms)} | ${show(l.all_s)} | ${show(l.memory_rise_mb)} |`,
  )
  .join('\n')}

## Many small files

${files.toLocaleString('en')} files of 1 kB by the official Python client (\`log_artifacts\`), which sends one after the other. *Nobody* is a server that throws all away at once: no server makes the client quicker.
Our server has the content of each file on disk before the file gets its name; MLflow's leaves that to the operating system.

| to | files per second | times MLflow |
|---|---:|---:|
| Bitácora | ${show(bitacora_per_s)} | ${show(bitacora_per_s / mlflow_per_s)} |
| MLflow | ${show(mlflow_per_s)} | 1 |
| nobody | ${show(nobody_per_s)} | ${show(nobody_per_s / mlflow_per_s)} |

## A long Delta log

${deltaLog.commits.toLocaleString('en')} commits without a checkpoint, read cold in a process of its own: ${show(deltaLog.wall_ms / 1000)} s, of which the processor works ${show(deltaLog.cpu_ms / 1000)} s; ${show(deltaLog.rss_mb)} MB of memory in all.
`;
}
