import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser, openPageIn, shot } from './open-page.ts';
import { type RunningServer, runPython, startServer } from './server.ts';

let browser: Browser;
let server: RunningServer;
let runId: string;

beforeAll(async () => {
  browser = await launchBrowser();
  server = await startServer();
  runId = (await runPython(server.url, LOGGED)).trim().split('\n').at(-1) ?? '';
});

afterAll(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
});

const LOGGED = `
import mlflow, numpy as np, pandas as pd
from mlflow.data.meta_dataset import MetaDataset
from mlflow.types import ColSpec, DataType, Schema
from mlflow.types.schema import Array, Object, Property
rows = pd.DataFrame({"amount": [1.5, 2.5], "city": ["Bilbao", None], "label": [True, False]})
wine = mlflow.data.from_pandas(rows, source="https://data.example/wine.csv", name="wine", targets="label")
address = Object([Property("zip", DataType.string), Property("street", DataType.string, required=False)])
hub = mlflow.data.huggingface_dataset_source.HuggingFaceDatasetSource("owner/reviews", split="train")
described = MetaDataset(hub, name="reviews", schema=Schema([ColSpec(Array(address), "addresses")]))
images = mlflow.data.from_numpy({"image": np.zeros((4, 28, 28), np.float32)}, targets=np.zeros(4, np.int8), source="s3://bucket/images", name="images")
code = mlflow.data.from_pandas(rows[:1], name="made by code")
with mlflow.start_run(run_name="first") as run:
    mlflow.log_input(wine, "training")
    mlflow.log_input(images, "eval")
    mlflow.log_input(described, "training")
    mlflow.log_input(code)
with mlflow.start_run(run_name="second"):
    mlflow.log_input(wine, "eval")
with mlflow.start_run(run_name="without"):
    pass
print(run.info.run_id)
`;

const openPage = (path: string, options: Parameters<Browser['newPage']>[0] = {}) =>
  openPageIn(browser, server.url, path, options);

describe('a data set', () => {
  test('opens from its chip in the runs table, and the address is a link to it', async () => {
    await using opened = await openPage('/#/experiments/0/runs');
    const { page, problems } = opened;
    const row = page.getByRole('row').filter({ hasText: 'second' });
    // Chips that share the room of one still say which data sets they are.
    const names = page
      .getByRole('row')
      .filter({ hasText: 'first' })
      .getByTitle(/\(\w+\)/);
    await names.first().waitFor();
    expect(
      await names.evaluateAll((each) =>
        each.map(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth),
      ),
    ).not.toContainEqual(expect.toSatisfy((cut: number) => cut > 0));
    await row.getByRole('link', { name: 'wine eval' }).click();
    const drawer = page.getByRole('dialog', { name: 'wine' });
    await drawer.getByRole('link', { name: 'second' }).waitFor();
    await shot(page, 'dataset-over-runs');
    expect(await drawer.getByRole('link', { name: 'Open' }).getAttribute('href')).toBe(
      'https://data.example/wine.csv',
    );
    const columns = drawer.getByRole('table', { name: 'Columns' });
    expect(await columns.getByRole('row').allInnerTexts()).toEqual([
      'Name\tType\tRequired',
      'amount\tdouble\tyes',
      'city\tstring\toptional',
      'label\tboolean\tyes',
    ]);
    const code = await drawer.getByRole('region', { name: 'Python code' }).innerText();
    const id = /get_run\("(\w+)"\)/.exec(code)?.[1];

    await page.reload();
    await drawer.getByRole('link', { name: 'second' }).click();
    await page.getByRole('heading', { name: 'second' }).waitFor();
    expect(page.url()).toContain(`/runs/${id}`);
    await drawer.waitFor({ state: 'detached' });
    expect(problems).toEqual([]);
  });

  test('leads to the runs that have read it', async () => {
    await using opened = await openPage('/#/experiments/0/datasets');
    const { page, problems } = opened;
    await page.getByRole('link', { name: 'wine', exact: true }).waitFor();
    const rows = await page.getByRole('row').allInnerTexts();
    expect(rows.map((row) => row.replaceAll(/\s+/g, ' '))).toEqual([
      expect.stringContaining('Dataset'),
      expect.stringMatching(/^images \w+ Amazon S3 eval 1 run/),
      expect.stringMatching(/^made by code \w+ Code 1 run/),
      expect.stringMatching(/^reviews \w+ Hugging Face training 1 run/),
      expect.stringMatching(/^wine \w+ Web address eval training 2 runs/),
    ]);
    await shot(page, 'datasets');
    await page.getByRole('searchbox', { name: 'Search data sets by name' }).fill('WIN');
    await expect.poll(() => page.getByRole('row').count()).toBe(2);
    await page.getByRole('link', { name: '2 runs' }).click();
    await expect.poll(() => page.getByRole('row').count()).toBe(3);
    await page.getByRole('link', { name: 'first' }).waitFor();
    await page.getByRole('link', { name: 'second' }).waitFor();
    expect(problems).toEqual([]);
  });

  test('of arrays, of objects and of code shows what there is of each, from the page of its run', async () => {
    await using opened = await openPage(`/#/experiments/0/runs/${runId}`);
    const { page, problems } = opened;
    const drawer = page.getByRole('dialog');
    const close = async () => {
      await page.keyboard.press('Escape');
      await drawer.waitFor({ state: 'detached' });
    };
    await page.getByRole('link', { name: /^images eval/ }).click();
    await drawer.getByRole('row', { name: 'image float32 (-1, 28, 28) yes' }).waitFor();
    await drawer.getByRole('row', { name: 'unnamed int8 (-1,) yes' }).waitFor();
    await drawer.getByText('image: (4, 28, 28)').waitFor();
    await drawer.getByText('s3://bucket/images').waitFor();
    await shot(page, 'dataset-arrays');
    await close();

    await page.getByRole('link', { name: /^reviews training/ }).click();
    await drawer.getByRole('row', { name: 'addresses array of object yes' }).waitFor();
    await drawer.getByRole('row', { name: 'street string optional' }).waitFor();
    expect(await drawer.getByRole('link', { name: 'Look it up on Hugging Face' }).getAttribute('href')).toBe(
      'https://huggingface.co/datasets/owner/reviews',
    );
    await close();

    await page.getByRole('link', { name: /^made by code/ }).click();
    await drawer.getByText('The data was made by this code.').waitFor();
    expect(await drawer.getByRole('region', { name: 'Python code' }).count()).toBe(0);
    await close();
    expect(page.url()).not.toContain('selectedDataset');
    // Closing gives the place back that one came from.
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.textContent))
      .toContain('made by code');
    expect(problems).toEqual([]);
  });

  test('is loaded by the very code that is shown', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'bitacora-dataset-'));
    const path = join(folder.path, 'rows.csv');
    await runPython(
      server.url,
      `
import mlflow, pandas as pd
pd.DataFrame({"a": [1, 2, 3]}).to_csv("${path}", index=False)
with mlflow.start_run(run_name="to load"):
    mlflow.log_input(mlflow.data.from_pandas(pd.read_csv("${path}"), source="${path}", name="the 'best' \\"rows\\""))
`,
    );
    await using opened = await openPage('/#/experiments/0/datasets');
    const { page, problems } = opened;
    await page.getByRole('link', { name: `the 'best' "rows"` }).click();
    const code = await page.getByRole('region', { name: 'Python code' }).innerText();
    const printed = await runPython('http://nowhere.invalid', `${code}\nprint(open(path).read())`);
    expect(printed.trim().split(/\s+/)).toEqual(['a', '1', '2', '3']);
    await page.getByRole('link', { name: '1 run of this experiment' }).click();
    await expect.poll(() => page.getByRole('row').count()).toBe(2);
    expect(problems).toEqual([]);
  });

  test('that is not there is said to be so', async () => {
    await using opened = await openPage('/#/experiments/0/datasets?selectedDataset=wine%40other');
    const { page } = opened;
    await page.getByRole('dialog', { name: 'wine' }).getByText('RESOURCE_DOES_NOT_EXIST').waitFor();
  });

  test('reads well in the dark and on a phone', async () => {
    await using opened = await openPage(`/#/experiments/0/runs/${runId}`, {
      colorScheme: 'dark',
      viewport: { width: 390, height: 800 },
    });
    const { page, problems } = opened;
    await page.getByRole('link', { name: /^wine training/ }).click();
    await page.getByRole('dialog').getByRole('row', { name: 'amount double yes' }).waitFor();
    await shot(page, 'dataset-phone-dark');
    const overflow = await page
      .getByRole('dialog')
      .evaluate((element) => element.scrollWidth - element.clientWidth);
    expect(overflow).toBeLessThanOrEqual(0);
    expect(problems).toEqual([]);
  });
});
