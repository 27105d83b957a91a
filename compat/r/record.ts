/**
 * Records what MLflow's R client sends: `node compat/r/record.ts http://127.0.0.1:5000`, on a machine with R, httr and
 * jsonlite (Debian: r-base-core r-cran-httr r-cran-jsonlite), against a fresh server. Writes requests.json, where ids
 * that the server gave stand as `{experiment_id}`, `{run_id}`.
 */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

const target = process.argv[2] ?? 'http://127.0.0.1:5000';
const KEPT_HEADERS = ['accept', 'accept-encoding', 'content-type', 'user-agent'];
/** Ids that the server gave, which the R side sees as names: what it sends is then the same every time. */
const given = new Map<string, string>();
const requests: object[] = [];

const toIds = (text: string) =>
  [...given].reduce(
    (result, [name, id]) => result.replaceAll(name, id).replaceAll(encodeURIComponent(name), id),
    text,
  );

function toNames(text: string, url: string): string {
  if (!/(experiments|runs)\/create$/.test(url)) return text;
  const isRun = url.endsWith('runs/create');
  const id = new RegExp(`"${isRun ? 'run_uuid' : 'experiment_id'}": ?"(\\w+)"`).exec(text)?.[1];
  if (id === undefined) return text;
  const name = isRun ? '{run_id}' : '{experiment_id}';
  given.set(name, id);
  return text.replaceAll(`"${id}"`, `"${name}"`);
}

const recorder = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString();
  const headers = Object.fromEntries(
    KEPT_HEADERS.flatMap((name) => (request.headers[name] ? [[name, String(request.headers[name])]] : [])),
  );
  const { method = 'GET', url = '/' } = request;
  const answer = await fetch(target + toIds(url), {
    method,
    headers,
    ...(body === '' ? {} : { body: toIds(body) }),
  });
  const recorded = {
    method,
    url: decodeURIComponent(url) === url ? url : url.replaceAll('%7B', '{').replaceAll('%7D', '}'),
  };
  requests.push({ ...recorded, headers, ...(body === '' ? {} : { body }), status: answer.status });
  response
    .writeHead(answer.status, { 'content-type': 'application/json' })
    .end(toNames(await answer.text(), url));
});

recorder.listen(0, '127.0.0.1', () => {
  const address = recorder.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const script = join(import.meta.dirname, 'calls.R');
  const child = spawn('Rscript', [script, `http://127.0.0.1:${port}`], { stdio: 'inherit' });
  child.on('close', (code) => {
    recorder.close();
    writeFileSync(join(import.meta.dirname, 'requests.json'), `${JSON.stringify(requests, null, 2)}\n`);
    process.exitCode = code ?? 1;
  });
});
