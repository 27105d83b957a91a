import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser, openPageIn, shot } from './open-page.ts';
import { type RunningServer, runPython, startServer } from './server.ts';

let browser: Browser;
let server: RunningServer;
let runId: string;

/** Files as the official client and its libraries write them. */
const SCRIPT = `
import json, os, tempfile
import mlflow, numpy as np, pandas as pd, PIL.Image
mlflow.set_experiment(experiment_id="0")
folder = tempfile.mkdtemp()
at = lambda name: os.path.join(folder, name)
with open(at("train.log"), "w") as file:
    for step in range(400_000):
        file.write(f"step {step}: {'ERROR lost a worker' if step % 150_000 == 149_999 else 'loss 0.5'}\\n")
frame = pd.DataFrame({"id": np.arange(3000) + 2**53 + 1, "name": [f"náme {i}" for i in range(3000)], "x": np.arange(3000) / 3})
frame.to_parquet(at("data.parquet"))
frame.to_csv(at("data.csv"), index=False)
frame.to_json(at("data.jsonl"), orient="records", lines=True)
frame.to_feather(at("data.feather"))
gaps = pd.DataFrame({"name": ["Bilbao", "", None, "null"], "n": pd.array([2, None, 1, 3], "Int64")})
gaps.to_parquet(at("gaps.parquet"))
gaps.to_feather(at("gaps.feather"))
with open(at("gaps.csv"), "w") as file:
    file.write('name,n\\nBilbao,2\\n"",\\n,1\\nnull,3\\n')
np.save(at("weights.npy"), np.arange(600.0).reshape(60, 10) / 7)
np.save(at("objects.npy"), np.array([{"a": 1}], dtype=object), allow_pickle=True)
pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
code = lambda source, outputs: {"cell_type": "code", "execution_count": 1, "metadata": {}, "source": source, "outputs": outputs}
html = "<script>parent.document.title = 'broken in'</script><table><tr><td>framed</td></tr></table><img src=x onerror=\\"parent.document.title='broken in'\\">"
with open(at("analysis.ipynb"), "w") as file:
    json.dump({"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": {"language": "python"}}, "cells": [
        {"cell_type": "markdown", "metadata": {}, "source": "# What was found"},
        code("print(1)", [{"output_type": "stream", "name": "stdout", "text": "one\\n"}]),
        code("figure", [{"output_type": "display_data", "metadata": {}, "data": {"image/png": pixel, "text/plain": "<Figure>"}}]),
        code("frame", [{"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": {"text/html": html, "text/plain": "frame"}}]),
        code("1 / 0", [{"output_type": "error", "ename": "ZeroDivisionError", "evalue": "division by zero", "traceback": ["ZeroDivisionError: division by zero"]}]),
    ]}, file)
with mlflow.start_run() as run:
    mlflow.log_artifacts(folder, "files")
    for color in ("red", "green", "blue"):
        mlflow.log_image(PIL.Image.new("RGB", (640, 400), color), f"pictures/{color}.png")
    mlflow.log_text("<svg xmlns='http://www.w3.org/2000/svg' width='30' height='30'><script>alert(1)</script><rect width='30' height='30'/></svg>", "pictures/drawing.svg")
    mlflow.log_text("no picture", "named.png")
    print(run.info.run_id)
`;

beforeAll(async () => {
  browser = await launchBrowser();
  server = await startServer();
  runId = /\b[0-9a-f]{32}\b/.exec(await runPython(server.url, SCRIPT))![0];
});

afterAll(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
});

const open = (path: string, options = {}) =>
  openPageIn(browser, server.url, `/#/experiments/0/runs/${runId}/artifacts/${path}`, options);

describe('a file of a run', () => {
  test('that is a long text shows its first and last lines, and what is found in it', async () => {
    await using opened = await open('files/train.log');
    const { page, problems } = opened;
    await page.getByText('step 0: loss 0.5').waitFor();
    await page.getByText(/^The first [\d,]+ lines: [\d.]+ kB of [\d.]+ MB$/).waitFor();
    await page.getByRole('button', { name: 'Last lines' }).click();
    await page.getByText('step 399999: loss 0.5').waitFor();
    await page.getByRole('button', { name: 'Load earlier' }).click();
    await page.getByText('step 399999: loss 0.5').waitFor();

    await page.getByRole('searchbox', { name: 'Find in file' }).fill('error LOST');
    await page.getByRole('searchbox', { name: 'Find in file' }).press('Enter');
    await page.getByText('2 lines', { exact: true }).waitFor();
    const matches = page.getByRole('list', { name: 'Matches' });
    expect(await matches.getByRole('button').allInnerTexts()).toEqual([
      expect.stringMatching(/150,000\s*step 149999: ERROR lost a worker/),
      expect.stringMatching(/300,000\s*step 299999: ERROR lost a worker/),
    ]);
    await matches.getByRole('button').nth(1).click();
    const line = page.locator('[aria-current="true"]').filter({ hasText: '300000' });
    await line.waitFor();
    expect(await line.innerText()).toMatch(/^300000\s*step 299999: ERROR lost a worker$/);
    await page.getByRole('button', { name: 'Load earlier' }).click();
    await page.getByText('step 299998: loss 0.5').waitFor();
    await line.waitFor();
    await shot(page, 'preview-text');
    await page.getByLabel('Match case').check();
    await page.getByRole('button', { name: 'Find', exact: true }).click();
    await page.getByText('Nothing found').waitFor();

    // Where there is little room, buttons keep their words.
    await page.setViewportSize({ width: 800, height: 700 });
    const cut = await page
      .getByRole('button', { name: /^(?:Load earlier|Load more|First lines|Last lines)$/ })
      .evaluateAll((buttons) => buttons.filter((each) => each.scrollWidth > each.clientWidth).length);
    expect(cut).toBe(0);
    await shot(page, 'preview-text-narrow');
    expect(problems).toEqual([]);
  });

  test.each(['parquet', 'csv', 'jsonl', 'feather'])(
    'that is a table (%s) is read as it is scrolled',
    async (kind) => {
      await using opened = await open(`files/data.${kind}`);
      const { page, problems } = opened;
      const table = page.getByRole('table', { name: 'Table' });
      await table.getByRole('row').filter({ hasText: 'náme 1' }).first().waitFor();
      // Not a digit is lost, whatever JavaScript makes of such numbers.
      await table.getByText('9007199254740993', { exact: true }).waitFor();
      await page.getByRole('columnheader', { name: /(?:int64|integer)\s*id/ }).waitFor();
      await shot(page, `preview-${kind}`);
      const last = table.getByText('náme 2999', { exact: true });
      await expect
        .poll(async () => {
          await table.evaluate(({ parentElement: scroller }) => scroller?.scrollTo(0, scroller.scrollHeight));
          return last.count();
        })
        .toBe(1);
      await page.getByText('3,000 rows, 3 columns', { exact: true }).waitFor();
      expect(problems).toEqual([]);
    },
  );

  test.each(['parquet', 'csv', 'feather'])(
    'that is a table (%s) tells what has no value from an empty text and from the word',
    async (kind) => {
      await using opened = await open(`files/gaps.${kind}`);
      const { page, problems } = opened;
      const table = page.getByRole('table', { name: 'Table' });
      const read = async () =>
        (await table.getByRole('row').all()).length < 5
          ? []
          : await table
              .locator('tbody tr[data-index]')
              .evaluateAll((rows) =>
                rows.map((row) =>
                  [...row.querySelectorAll('td[aria-colindex]')].map((cell) => cell.textContent),
                ),
              );
      await expect.poll(read).toEqual([
        ['Bilbao', '2'],
        ['', 'no value, null'],
        ['no value, null', '1'],
        ['null', '3'],
      ]);
      const [none, word] = await table
        .getByText('null', { exact: true })
        .evaluateAll((cells) => cells.map((cell) => getComputedStyle(cell).color));
      expect(word).not.toBe(none);
      await shot(page, `preview-gaps-${kind}`);
      for (const order of [
        ['1', '2', '3', 'no value, null'],
        ['3', '2', '1', 'no value, null'],
      ]) {
        await page.getByRole('columnheader', { name: /n$/ }).getByRole('button').first().click();
        await expect.poll(async () => (await read()).map((cells) => cells[1])).toEqual(order);
      }
      expect(problems).toEqual([]);
    },
  );

  test('that is a notebook shows cells and outputs, and runs nothing', async () => {
    await using opened = await open('files/analysis.ipynb');
    const { page, problems } = opened;
    await page.getByText('# What was found').waitFor();
    await page.getByText('5 cells, python').waitFor();
    await page.locator('img[src^="data:image/png"]').waitFor();
    await page.frameLocator('iframe').getByText('framed').waitFor();
    expect(await page.locator('iframe').getAttribute('sandbox')).toBe('');
    await page.getByText('ZeroDivisionError: division by zero').waitFor();
    expect(await page.title()).not.toContain('broken in');
    await shot(page, 'preview-notebook');
    await page.getByText('JSON', { exact: true }).click();
    await page.getByRole('region', { name: 'JSON' }).waitFor();
    // What the sandbox stopped is told in the console; nothing else may be there.
    expect(problems.filter((problem) => !/sandboxed|Content Security Policy/i.test(problem))).toEqual([]);
  });

  test('that is an array shows type, shape, statistics and values; a pickle in it is refused', async () => {
    await using opened = await open('files/weights.npy');
    const { page, problems } = opened;
    await page.getByText('float64').waitFor();
    await page.getByText('(60, 10)').waitFor();
    await page.getByText('600 values').waitFor();
    await page
      .getByRole('table', { name: 'Array' })
      .getByText(String(10 / 7))
      .waitFor();
    await shot(page, 'preview-array');
    await page.getByRole('treeitem', { name: /objects\.npy/ }).click();
    await page.getByText('it holds Python objects as a pickle, which is never loaded here').waitFor();
    expect(problems.filter((problem) => !/status of 400/.test(problem))).toEqual([]);
  });

  test('is shown by its content, whatever its name says', async () => {
    await using opened = await open('named.png');
    const { page, problems } = opened;
    await page.getByText('no picture').waitFor();
    expect(problems).toEqual([]);
  });
});

test('a folder of pictures shows them small, and each in full when it is chosen', async () => {
  await using opened = await open('pictures', { colorScheme: 'dark' });
  const { page, problems } = opened;
  const pictures = page.getByRole('list', { name: 'Pictures' });
  await expect.poll(() => pictures.getByRole('listitem').count()).toBe(3);
  const widths = () =>
    pictures
      .locator('img')
      .evaluateAll((images) => images.map((image) => (image as HTMLImageElement).naturalWidth));
  await expect.poll(widths).toEqual([256, 256, 256]);
  await shot(page, 'preview-pictures-dark');
  await pictures.getByRole('button', { name: 'green.png' }).click();
  const image = page.locator('img[src^="blob:"]');
  await expect.poll(() => image.evaluate((element) => (element as HTMLImageElement).naturalWidth)).toBe(640);
  await page.getByRole('treeitem', { name: /drawing\.svg/ }).click();
  await expect.poll(() => image.evaluate((element) => (element as HTMLImageElement).naturalWidth)).toBe(30);
  for (const [name, text] of [
    ['train.log', 'step 0: loss 0.5'],
    ['data.parquet', 'náme 3'],
    ['analysis.ipynb', '5 cells, python'],
    ['weights.npy', '600 values'],
  ]) {
    await page.goto(`${server.url}/#/experiments/0/runs/${runId}/artifacts/files/${name}`);
    await page.getByText(text!).first().waitFor();
    await shot(page, `preview-dark-${name}`);
  }
  expect(problems.filter((problem) => !/sandboxed|Content Security Policy/i.test(problem))).toEqual([]);
});
