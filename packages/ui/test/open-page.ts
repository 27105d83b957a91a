import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';

const FLAGS =
  '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';
const SHOTS = join(import.meta.dirname, '../../../.cache/screenshots');

/** What does not come in this time hangs, however busy the machine is. */
const HANG_MS = 100_000;

export async function launchBrowser(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM;
  if (!executablePath) throw new Error('CHROMIUM must name a browser');
  await mkdir(SHOTS, { recursive: true });
  return chromium.launch({ executablePath, args: FLAGS.split(' '), timeout: HANG_MS });
}

/** A page that notes any error of its own and any request that leaves the server: `problems` must stay empty. */
export async function openPageIn(
  browser: Browser,
  url: string,
  path: string,
  options: Parameters<Browser['newPage']>[0] = {},
) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, ...options });
  page.setDefaultTimeout(HANG_MS);
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  page.on('request', (request) => {
    if (!/^(?:blob|data):/.test(request.url()) && !request.url().startsWith(new URL(url).origin))
      problems.push(`foreign request to ${request.url()}`);
  });
  await page.goto(`${url}${path}`);
  return { page, problems, [Symbol.asyncDispose]: () => page.close() };
}

export const shot = (page: Page, name: string) => page.screenshot({ path: join(SHOTS, `${name}.png`) });
