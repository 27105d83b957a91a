import { mkdtempDisposable, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser, openPageIn, shot } from './open-page.ts';
import { runPython, startServer } from './server.ts';

let browser: Browser;

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(() => browser?.close());

/** What delta-rs does to a table; `rows(first, count)` makes rows. */
const deltaRs = (path: string, script: string) =>
  runPython(
    '',
    `
import pyarrow as pa
from deltalake import DeltaTable, write_deltalake
path = "${path}"
def rows(first, count, **more):
    ids = pa.array(range(first, first + count), pa.int64())
    return pa.table({"order": ids, "city": ["Bilbao", None] * (count // 2), **more})
${script}`,
    process.env.DELTA_PYTHON,
  );

/** A run of the official client that reads the table. */
const logRun = (
  url: string,
  path: string,
  runName: string,
  version: number | undefined,
  name = `orders of ${runName}`,
) =>
  runPython(
    url,
    `
import mlflow, pandas as pd
from mlflow.data.delta_dataset_source import DeltaDatasetSource
source = DeltaDatasetSource(path="${path}", delta_table_version=${version ?? 'None'})
with mlflow.start_run(run_name="${runName}"):
    mlflow.log_input(mlflow.data.from_pandas(pd.DataFrame({"order": [1]}), source=source, name="${name}"), "training")
`,
  );

const openTable = async (page: Page, runName: string): Promise<Locator> => {
  await page
    .getByRole('link', { name: new RegExp(`^orders of ${runName}`) })
    .first()
    .click();
  return page.getByRole('dialog').getByRole('region', { name: 'Delta table' });
};

test('a run tells what it has read of a Delta table, and what has become of the table since', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'bitacora-delta-'));
  const path = join(folder.path, 'orders ñ');
  await using server = await startServer('', ['--delta-table-locations', folder.path]);
  const open = (address: string, options: Parameters<Browser['newPage']>[0] = {}) =>
    openPageIn(browser, server.url, address, options);
  await deltaRs(
    path,
    'write_deltalake(path, rows(0, 200))\nwrite_deltalake(path, rows(200, 50), mode="append")',
  );
  await logRun(server.url, path, 'pinned', 1);
  await logRun(server.url, path, 'unpinned', undefined);

  await using opened = await open('/#/experiments/0/runs');
  const { page, problems } = opened;
  const table = await openTable(page, 'unpinned');
  await table.getByText('up to date').waitFor();
  await table.getByText('no version was named, this one was current').waitFor();
  // What is shown to load it loads what was read.
  await page.getByRole('region', { name: 'Python code' }).getByText('version=1).to_pandas()').waitFor();
  await page.keyboard.press('Escape');
  await openTable(page, 'pinned');
  await table.getByText('up to date').waitFor();
  await table.getByRole('row', { name: 'order long 0 … 249 0' }).waitFor();

  // The table moves on; who looks sees it.
  await deltaRs(
    path,
    'for first in (250, 350):\n    write_deltalake(path, rows(first, 100, note=["x"] * 100), mode="append", schema_mode="merge")',
  );
  await logRun(server.url, path, 'later', 3);
  await table.getByRole('button', { name: 'Look now' }).click();
  await table.getByText('2 versions behind').waitFor();
  await shot(page, 'delta-columns');

  // The rows are those of the version that was read, page by page.
  await table.getByText('Rows', { exact: true }).last().click();
  const grid = table.getByRole('table', { name: 'Rows of version 1' });
  await grid.getByRole('row').nth(1).waitFor();
  await table.getByText('100 rows loaded, more below').waitFor();
  await expect
    .poll(async () => {
      await grid.evaluate(({ parentElement: scroller }) => scroller?.scrollTo(0, scroller.scrollHeight));
      return table.getByRole('status').last().innerText();
    })
    .toBe('250 rows, as of version 1');
  expect(await grid.getAttribute('aria-rowcount')).toBe('251');
  expect(await grid.getByRole('columnheader', { name: 'note' }).count()).toBe(0);
  await shot(page, 'delta-rows');
  expect(page.url()).toContain('datasetView=rows');

  await table.getByText('Changes', { exact: true }).click();
  const totals = table.getByRole('table', { name: 'Both versions' });
  await totals.getByRole('row', { name: 'Rows 250 450 +200 0' }).waitFor();
  await totals.getByRole('row', { name: /^Files 2 4 \+2 0/ }).waitFor();
  await table.getByText('added note string').waitFor();
  await table.getByRole('row', { name: 'order 0 … 249 0 … 449 0 → 0' }).waitFor();
  await table.getByLabel('Compare with').selectOption({ label: 'what unpinned has read' });
  await table.getByText('Both are version 1: nothing has changed.').waitFor();
  await table.getByLabel('Compare with').selectOption({ label: 'what later has read' });
  await totals.getByRole('row', { name: 'Rows 250 450 +200 0' }).waitFor();
  await shot(page, 'delta-changes');
  await page.keyboard.press('Escape');

  // Stale data is seen, and found, in the table of runs.
  const row = (name: string) => page.getByRole('row').filter({ hasText: `orders of ${name}` });
  await page.reload();
  await row('pinned').first().getByText('2 behind').waitFor();
  expect(await row('later').innerText()).not.toContain('behind');
  await page.getByRole('button', { name: 'Stale data' }).click();
  await page.getByRole('menuitem', { name: '1 version behind or more' }).click();
  await row('later').waitFor({ state: 'detached' });
  expect(await page.getByRole('row').count()).toBe(3);
  expect(new URLSearchParams(page.url().split('?')[1]).get('searchFilter')).toBe(
    'dataset.versions_behind >= 1',
  );
  await shot(page, 'delta-stale');

  // A VACUUM takes what the version needs.
  await deltaRs(
    path,
    'DeltaTable(path).delete(\'"order" < 10\')\nDeltaTable(path).vacuum(retention_hours=0, dry_run=False, enforce_retention_duration=False)',
  );
  await using phone = await open('/#/experiments/0/datasets', {
    colorScheme: 'dark',
    viewport: { width: 390, height: 800 },
  });
  const onPhone = await openTable(phone.page, 'pinned');
  await onPhone.getByText('1 file of version 1 is gone').waitFor();
  await onPhone.getByText('Which files').click();
  await onPhone.getByText('.parquet').first().waitFor();
  await onPhone.getByText('Changes', { exact: true }).click();
  await onPhone.getByRole('table', { name: 'Both versions' }).waitFor();
  await shot(phone.page, 'delta-phone-dark');
  const dialog = phone.page.getByRole('dialog');
  expect(
    await dialog.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth),
  ).toBeLessThanOrEqual(0);
  expect([...problems, ...phone.problems]).toEqual([]);
});

test('an experiment tells which versions of which tables its runs have read', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'bitacora-delta-'));
  const path = join(folder.path, "the lake's orders");
  await using server = await startServer('', ['--delta-table-locations', folder.path]);
  await using opened = await openPageIn(browser, server.url, '/#/experiments/0/datasets');
  const { page, problems } = opened;
  await page.getByText('No run of this experiment has logged a data set yet.').waitFor();
  await page.getByText('Delta tables', { exact: true }).click();
  await page.getByText('No run of this experiment has read a Delta table yet.').waitFor();

  await deltaRs(
    path,
    'for first in (0, 100, 200):\n    write_deltalake(path, rows(first, 100), mode="append")',
  );
  for (const [runName, version] of [
    ['oldest', 1],
    ['newest', 2],
    ['newest too', 2],
  ] as const)
    await logRun(server.url, path, runName, version);
  await logRun(server.url, '/nowhere/customers', 'unread', 7);

  await page.reload();
  const card = page.getByRole('region', { name: path, exact: true });
  await card.getByText('Now at version 2').waitFor();
  const row = (version: number) =>
    card
      .getByRole('row')
      .filter({ has: page.getByRole('rowheader', { name: String(version), exact: true }) });
  await row(2).getByText('up to date').waitFor();
  await row(2).getByRole('link', { name: '2 runs' }).waitFor();
  await row(1).getByText('1 version behind').waitFor();
  expect(await card.getByRole('rowheader').allInnerTexts()).toEqual(['2', '1']);
  const unread = page.getByRole('region', { name: '/nowhere/customers', exact: true });
  await unread.getByText('--delta-table-locations').waitFor();
  await unread.getByRole('rowheader', { name: '7', exact: true }).waitFor();
  await shot(page, 'delta-tables');

  // The table moves on; who looks sees it, without a mouse too.
  await deltaRs(path, 'write_deltalake(path, rows(300, 100), mode="append")');
  await card.getByRole('button', { name: `Look now at ${path}` }).press('Enter');
  await card.getByText('Now at version 3').waitFor();
  await row(2).getByText('1 version behind').waitFor();
  await row(1).getByText('2 versions behind').waitFor();

  // To the snapshot, to what has changed since, to the runs.
  const drawer = page.getByRole('dialog', { name: 'orders of oldest' });
  await row(1).getByRole('link', { name: 'Changes since version 1' }).press('Enter');
  await drawer.getByRole('row', { name: 'Rows 200 400 +200 0' }).waitFor();
  await page.keyboard.press('Escape');
  await drawer.waitFor({ state: 'detached' });
  await row(1).getByRole('link', { name: 'Snapshot of version 1' }).click();
  await drawer.getByRole('row', { name: 'order long 0 … 199 0' }).waitFor();
  await page.keyboard.press('Escape');
  const names = () => page.getByRole('link', { name: /^(oldest|newest|newest too|unread)$/ }).allInnerTexts();
  await row(2).getByRole('link', { name: '2 runs' }).click();
  await expect.poll(names).toEqual(['newest too', 'newest']);
  await page.goBack();
  await card.getByRole('link', { name: 'Runs that have read an older version' }).click();
  await expect.poll(names).toEqual(['newest too', 'newest', 'oldest']);

  // A piece of the path finds a table.
  await page.goBack();
  await page.getByRole('searchbox', { name: 'Search Delta tables by path' }).fill('CUSTOM');
  await card.waitFor({ state: 'detached' });
  await unread.waitFor();
  await page.getByRole('status').getByText('1 Delta table').waitFor();

  await using phone = await openPageIn(browser, server.url, '/#/experiments/0/datasets/delta-tables', {
    colorScheme: 'dark',
    viewport: { width: 390, height: 800 },
  });
  await phone.page.getByText('Now at version 3').waitFor();
  await shot(phone.page, 'delta-tables-phone-dark');
  expect(
    await phone.page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    ),
  ).toBeLessThanOrEqual(0);
  expect([...problems, ...phone.problems]).toEqual([]);
});

test('runs of one name and digest each tell the version that they have read, and of which table it was', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'bitacora-delta-'));
  const path = join(folder.path, 'orders');
  await using server = await startServer('', ['--delta-table-locations', folder.path]);
  await deltaRs(
    path,
    'for first in (0, 100, 200):\n    write_deltalake(path, rows(first, 100), mode="append")',
  );
  await logRun(server.url, path, 'first', 1, 'orders');
  await logRun(server.url, path, 'second', 2, 'orders');
  await using opened = await openPageIn(browser, server.url, '/#/experiments/0/datasets/delta-tables');
  const { page, problems } = opened;
  const card = page.getByRole('region', { name: path, exact: true });
  const drawer = page.getByRole('dialog', { name: 'orders' });
  const source = drawer.locator('section', { has: page.getByRole('heading', { name: 'Source' }) });
  const openSnapshot = (version: number) =>
    card
      .getByRole('link', { name: `Snapshot of version ${version}` })
      .first()
      .click();
  await openSnapshot(2);
  await source.getByText('MLflow’s clients are given that of the first run').waitFor();
  expect((await source.locator('dl').innerText()).replaceAll(/\s+/g, ' ')).toBe('Version 2');
  const python = page.getByRole('region', { name: 'Python code' });
  await python.getByText('first run with this name and digest has read').waitFor();
  await python.getByText('version=2).to_pandas()').waitFor();
  await shot(page, 'delta-source-of-run');
  await page.keyboard.press('Escape');
  await openSnapshot(1);
  await python.getByText('Or without Spark').waitFor();
  expect((await source.locator('dl').innerText()).replaceAll(/\s+/g, ' ')).toBe('Version 1');
  expect(await source.innerText()).not.toContain('given');
  await page.keyboard.press('Escape');

  // Another table takes its place, and comes to version 1 too.
  await rm(path, { recursive: true });
  await deltaRs(path, 'for first in (0, 10):\n    write_deltalake(path, rows(first, 10), mode="append")');
  await logRun(server.url, path, 'third', 1, 'other orders');
  await card.getByRole('button', { name: `Look now at ${path}` }).click();
  await expect
    .poll(async () =>
      (await card.getByRole('row').allInnerTexts()).map((row) => row.split('\t').slice(0, 2).join()),
    )
    .toEqual(['Version,Since then', '1,up to date', '2,replaced', '1,replaced']);
  const names = () => page.getByRole('link', { name: /^(first|second|third)$/ }).allInnerTexts();
  for (const [row, run] of [
    [1, 'third'],
    [3, 'first'],
  ] as const) {
    await card.getByRole('row').nth(row).getByRole('link', { name: '1 run' }).click();
    await expect.poll(names).toEqual([run]);
    await page.goBack();
  }
  await openSnapshot(2);
  await drawer.getByText(/Version 2 of '.*' is not what was read: another table has been written/).waitFor();
  await shot(page, 'delta-replaced');
  expect(problems).toEqual([]);
});

test('a table that the server may not read is named with the reason and the remedy', async () => {
  await using server = await startServer();
  await logRun(server.url, '/nowhere/orders', 'unread', 1);
  await using opened = await openPageIn(browser, server.url, '/#/experiments/0/runs');
  const table = await openTable(opened.page, 'unread');
  await table.getByText('The server could not read this version.').waitFor();
  await table.getByText('--delta-table-locations').waitFor();
  await shot(opened.page, 'delta-unavailable');
  expect(opened.problems).toEqual([]);
});
