import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fromBufferPromise } from 'yauzl';
import { launchBrowser, openPageIn, shot } from './open-page.ts';
import { type RunningServer, runPython, startServer } from './server.ts';

let browser: Browser;
let server: RunningServer;

beforeAll(async () => {
  browser = await launchBrowser();
  server = await startServer();
});

afterAll(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
});

const openPage = (path: string, options: Parameters<Browser['newPage']>[0] = {}, { url } = server) =>
  openPageIn(browser, url, path, options);

describe('a run of the official client', () => {
  test('appears by itself in a table that is open, with its metrics and params', async () => {
    await using opened = await openPage('/#/experiments/0');
    const { page, problems } = opened;
    await page.getByText('Nothing has been logged').waitFor();
    const logged = runPython(
      server.url,
      `
import mlflow, time
mlflow.set_experiment(experiment_id="0")
with mlflow.start_run(run_name="live one") as run:
    mlflow.log_params({"lr": 0.01, "optimizer": "adam"})
    for step in range(40):
        mlflow.log_metric("loss", 1 / (step + 1), step=step)
    mlflow.set_tag("team", "vision")
    mlflow.log_text("a,b\\n1,\\"x, y\\"\\n2,z\\n", "tables/points.csv")
    mlflow.log_dict({"depth": 3, "big": 9007199254740993}, "config.json")
    mlflow.log_text("<script>document.title = 'broken in'</script><b>bold</b>", "page.html")
    import PIL.Image
    mlflow.log_image(PIL.Image.new("RGB", (20, 20), "red"), "images/red.png")
    print(run.info.run_id)
with mlflow.start_run(run_name="second"):
    mlflow.log_metric("loss", 0.5)
    mlflow.log_param("lr", 0.1)
`,
    );
    // Nothing is clicked and nothing reloaded: the page looks by itself.
    const row = page.getByRole('row').filter({ hasText: 'live one' });
    await row.waitFor();
    await logged;
    await page.getByRole('row').filter({ hasText: 'second' }).waitFor();
    await expect.poll(() => row.innerText()).toContain('0.025');
    expect(await row.innerText()).toContain('0.01');
    await row.getByText('Finished').waitFor();
    await shot(page, 'runs');
    expect(problems).toEqual([]);
  });

  test('is sorted and filtered by the server, and the address says how', async () => {
    await using opened = await openPage('/#/experiments/0/runs');
    const { page, problems } = opened;
    await page.getByRole('columnheader', { name: 'loss' }).getByRole('button').click();
    await expect.poll(() => page.getByRole('row').nth(1).innerText()).toContain('second');
    await page.getByRole('columnheader', { name: 'loss' }).getByRole('button').click();
    await expect.poll(() => page.getByRole('row').nth(1).innerText()).toContain('live one');
    expect(decodeURIComponent(page.url())).toContain('orderByKey=metrics.`loss`');

    const filter = page.locator('.cm-content[aria-label="Filter runs"]');
    await filter.fill("params.optimizer = 'adam'");
    await filter.press('Escape');
    await filter.press('Enter');
    await expect.poll(() => page.getByRole('row').count()).toBe(2);
    await page.reload();
    await page.getByText('live one').waitFor();
    expect(await page.getByRole('row').count()).toBe(2);
    expect(problems).toEqual([]);
  });

  test('gets the mistake in a filter marked at its place and not sent', async () => {
    await using opened = await openPage('/#/experiments/0/runs');
    const { page, problems } = opened;
    const filter = page.locator('.cm-content[aria-label="Filter runs"]');
    await filter.fill('metrics.loss < 0.1 OR metrics.loss > 2');
    await page.locator('.cm-lintRange-error').filter({ hasText: 'OR' }).waitFor();
    await filter.press('Escape');
    await filter.press('Enter');
    await page.getByText('OR is not supported').first().waitFor();
    expect(page.url()).not.toContain('searchFilter');
    expect(problems).toEqual([]);
  });

  test('has a page with all that was logged, reached by the link that the client prints', async () => {
    const runId = await newest("tags.`mlflow.runName` = 'live one'");
    await using opened = await openPage(`/#/experiments/0/runs/${runId}`);
    const { page, problems } = opened;
    await page.getByRole('heading', { name: 'live one' }).waitFor();
    await page.getByRole('row', { name: /^loss 0\.025 39/ }).waitFor();
    await page.getByRole('row', { name: 'optimizer adam' }).waitFor();
    await page.getByRole('button', { name: 'Delete tag team' }).waitFor();
    await shot(page, 'run');

    await page.getByRole('tab', { name: 'Model metrics' }).click();
    await page.getByRole('region', { name: 'loss' }).locator('canvas').first().waitFor();
    await shot(page, 'run-charts');

    await page.getByRole('tab', { name: 'Overview' }).click();
    await page.getByRole('button', { name: 'Add tag' }).click();
    await page.getByLabel('Tag key').fill('reviewed');
    await page.getByLabel('Tag value').fill('yes');
    await page.getByRole('button', { name: 'Save tag' }).click();
    await page.getByRole('button', { name: 'Delete tag reviewed' }).click();
    await page.getByRole('button', { name: 'Delete tag reviewed' }).waitFor({ state: 'detached' });
    expect(problems).toEqual([]);
  });

  test('shows its artifacts by kind, and never runs one', async () => {
    const runId = await newest("tags.`mlflow.runName` = 'live one'");
    await using opened = await openPage(`/#/experiments/0/runs/${runId}/artifacts/tables/points.csv`);
    const { page, problems } = opened;
    await page.getByRole('row').filter({ hasText: 'x, y' }).waitFor();
    await page.getByRole('treeitem', { name: /config\.json/ }).click();
    await page.getByText('9007199254740993').waitFor();
    await page.getByRole('treeitem', { name: /^images/ }).click();
    await page.getByRole('treeitem', { name: /red\.png/ }).click();
    const image = page.locator('img[src^="blob:"]');
    await image.waitFor();
    await expect.poll(() => image.evaluate((element) => (element as HTMLImageElement).naturalWidth)).toBe(20);
    await page.getByRole('treeitem', { name: /page\.html/ }).click();
    await page.getByText('<b>bold</b>').waitFor();
    expect(await page.title()).not.toBe('broken in');
    await shot(page, 'artifacts');
    expect(problems).toEqual([]);
  });
});

describe('the artifacts of a run', () => {
  test('are downloaded as a zip, a folder or all of them', async () => {
    const runId = await newest("tags.`mlflow.runName` = 'live one'");
    await using opened = await openPage(`/#/experiments/0/runs/${runId}/artifacts`);
    const { page, problems } = opened;
    await page.getByText(/^4 files, \d+ B$/).waitFor();
    const download = async (button: string) => {
      const [file] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('link', { name: button }).click(),
      ]);
      const names = await zipNames(await readFile(await file.path()));
      return [file.suggestedFilename(), names.sort()];
    };
    expect(await download('Download all')).toEqual([
      `${runId}.zip`,
      ['config.json', 'images/red.png', 'page.html', 'tables/points.csv'],
    ]);
    await page.getByRole('treeitem', { name: /^tables/ }).click();
    await page.getByText('is a folder').waitFor();
    await page.getByText('1 file, 17 B').waitFor();
    await shot(page, 'artifact-folder');
    expect(await download('Download folder')).toEqual(['tables.zip', ['points.csv']]);
    expect(problems).toEqual([]);
  });

  test('are deleted, several at once, after a question', async () => {
    const runId = await newest("tags.`mlflow.runName` = 'live one'");
    await using opened = await openPage(`/#/experiments/0/runs/${runId}/artifacts/tables/points.csv`);
    const { page, problems } = opened;
    await page.getByRole('checkbox', { name: 'Select tables', exact: true }).check();
    await page.getByRole('checkbox', { name: 'Select page.html' }).check();
    await page.getByText('2 selected').waitFor();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByText('Delete 2 artifacts?').waitFor();
    await shot(page, 'artifact-deletion');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('treeitem', { name: /page\.html/ }).waitFor();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByRole('button', { name: 'Delete for good' }).click();
    await page.getByRole('treeitem', { name: /page\.html/ }).waitFor({ state: 'detached' });
    // What was open went with its folder.
    await page.getByText(/^2 files, \d+ B$/).waitFor();
    await shot(page, 'artifacts-deleted');
    expect(await page.getByRole('treeitem').allInnerTexts()).toEqual([
      expect.stringContaining('images'),
      expect.stringContaining('config.json'),
    ]);
    expect(problems).toEqual([]);
  });
});

describe('artifacts whose names say something to a URL', () => {
  test('open by a click and by their address, and names that lead elsewhere are told', async () => {
    await using own = await startServer();
    const created = await fetch(`${own.url}/api/2.0/mlflow/runs/create`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ experiment_id: '0' }),
    });
    const { run } = (await created.json()) as { run: { info: { run_id: string } } };
    const at = `/#/experiments/0/runs/${run.info.run_id}/artifacts`;
    const folder = join(own.folder, 'mlartifacts/0', run.info.run_id, 'artifacts');
    await mkdir(join(folder, 'day=1%2F2 #3?'), { recursive: true });
    const names = [
      'day=1%2F2 #3?/x#?.txt',
      'a#b.txt',
      'a b?.txt',
      '100%.txt',
      '%23.txt',
      'a\\b.txt',
      'é+&=;.txt',
    ];
    for (const name of [...names, '..%2Fx']) await writeFile(join(folder, name), `inside of ${name}`);
    await using opened = await openPage(at, {}, own);
    const { page, problems } = opened;
    await page.getByText('1 artifact with a name that leads elsewhere cannot be shown.').waitFor();
    await page.getByRole('treeitem', { name: /^day/ }).click();
    await page.getByText('1 file,').waitFor();
    for (const name of names) {
      const item = page.locator('[role=treeitem]').and(page.getByTitle(name, { exact: true }));
      await item.click();
      await page.getByText(`inside of ${name}`, { exact: true }).waitFor();
      await page.reload();
      await page.getByText(`inside of ${name}`, { exact: true }).waitFor();
      const [file] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('link', { name: 'Download', exact: true }).click(),
      ]);
      expect(String(await readFile(await file.path()))).toBe(`inside of ${name}`);
    }
    await shot(page, 'artifact-names');
    expect(problems).toEqual([]);
  });
});

/** The names in an archive, as another implementation of the format reads them. */
async function zipNames(archive: Buffer): Promise<string[]> {
  const zip = await fromBufferPromise(archive);
  return (await Array.fromAsync(zip.eachEntry())).map(({ fileName }) => fileName);
}

describe('experiments', () => {
  test('are made, renamed, sent to the trash and brought back', async () => {
    await using opened = await openPage('/');
    const { page, problems } = opened;
    await page.getByRole('button', { name: 'New experiment' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('made by hand');
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await page.getByRole('heading', { name: 'made by hand' }).waitFor();
    await page.goto(`${server.url}/#/experiments`);
    await page.getByRole('link', { name: 'made by hand' }).waitFor();
    await shot(page, 'experiments');

    await page.getByRole('button', { name: 'Actions for made by hand' }).click();
    await page.getByRole('menuitem', { name: 'Rename' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('renamed by hand');
    await page.getByRole('button', { name: 'Rename', exact: true }).click();
    await page.getByRole('link', { name: 'renamed by hand' }).waitFor();

    await page.getByRole('button', { name: 'Actions for renamed by hand' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await page.getByRole('link', { name: 'renamed by hand' }).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByRole('link', { name: 'renamed by hand' }).waitFor();
    expect(problems).toEqual([]);
  });

  test('stay light with thousands of runs: rows out of view are not in the page', async () => {
    await using own = await startServer();
    await runPython(
      own.url,
      `
import mlflow
from concurrent.futures import ThreadPoolExecutor
from mlflow.entities import Metric, Param
client = mlflow.MlflowClient()
def one(i):
    run = client.create_run("0", start_time=1700000000000 + i)
    client.log_batch(run.info.run_id, [Metric(f"m{k}", i * k, 1, 1) for k in range(10)], [Param(f"p{k}", str(i % 7)) for k in range(10)])
with ThreadPoolExecutor(8) as pool:
    list(pool.map(one, range(600)))
`,
    );
    await using opened = await openPage('/#/experiments/0/runs', {}, own);
    const { page, problems } = opened;
    const table = page.getByRole('table', { name: 'Runs' });
    await expect.poll(() => page.getByRole('row').count()).toBeGreaterThan(10);
    await expect
      .poll(async () => {
        await table.evaluate(({ parentElement: scroller }) => scroller?.scrollTo(0, scroller.scrollHeight));
        return page
          .getByText(/runs?( loaded.*)?$/)
          .last()
          .innerText();
      })
      .toContain('600 runs');
    expect(await page.evaluate(() => document.querySelectorAll('*').length)).toBeLessThan(2500);
    expect(problems).toEqual([]);
  });
});

test('every page works below a path prefix, in the dark, and on a phone', async () => {
  await using own = await startServer('/mlflow');
  await using opened = await openPage(
    '/',
    { colorScheme: 'dark', viewport: { width: 390, height: 800 } },
    own,
  );
  const { page, problems } = opened;
  await page.getByRole('link', { name: 'Default' }).click();
  await page.getByText('Nothing has been logged').waitFor();
  const trail = page.getByRole('navigation', { name: 'Breadcrumb' });
  await trail.getByText('Default').waitFor();
  expect(page.url()).toContain('/mlflow/#/experiments/0/runs');
  await shot(page, 'phone-dark');
  await page.goto(`${own.url}/#/no/such/page`);
  await page.getByText('/no/such/page').first().waitFor();
  // Not that of the page before.
  await trail.getByText('Page not found').waitFor();
  expect(await trail.innerText()).not.toContain('Default');
  expect(problems).toEqual([]);
});

async function newest(filter: string): Promise<string> {
  const response = await fetch(`${server.url}/api/2.0/mlflow/runs/search`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ experiment_ids: ['0'], filter }),
  });
  const { runs } = (await response.json()) as { runs: { info: { run_id: string } }[] };
  return runs[0]!.info.run_id;
}
