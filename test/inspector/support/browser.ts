/** A Chromium of this machine, and the page in it. */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { World } from '../../node/support/world.ts';
import { PASSWORD, USER } from './inspected-node.ts';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Undefined: there is none. */
const chromiumPath = (): string | undefined =>
  process.env['CHROMIUM'] ?? PLACES.find((path) => existsSync(path));

export interface BrowserUnderTest {
  readonly browser: Browser;
  /** Opens `/inspector/` there; what the page complains about fails the test at its end. */
  open(url: string, look?: Look): Promise<Page>;
  readonly complaints: readonly string[];
}

export interface Look {
  readonly width?: number;
  readonly height?: number;
  readonly isDark?: boolean;
  readonly isPhone?: boolean;
}

export async function startBrowser(world: World): Promise<BrowserUnderTest> {
  const executablePath = chromiumPath();
  if (executablePath === undefined) throw new Error('no Chromium: apt-get install chromium');
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  world.onEnd(() => browser.close());
  const complaints: string[] = [];
  return {
    browser,
    complaints,
    async open(url, look = {}) {
      const { isPhone = false, isDark = false } = look;
      const width = look.width ?? (isPhone ? 390 : 1280);
      const height = look.height ?? (isPhone ? 844 : 860);
      const context = await browser.newContext({
        httpCredentials: { username: USER, password: PASSWORD },
        viewport: { width, height },
        colorScheme: isDark ? 'dark' : 'light',
        ...(isPhone ? { isMobile: true, hasTouch: true, deviceScaleFactor: 2 } : {}),
      });
      const page = await context.newPage();
      page.on('pageerror', (error) => complaints.push(String(error)));
      page.on('console', (message) => {
        if (message.type() === 'error') complaints.push(message.text());
      });
      await page.goto(`${url}/inspector/`);
      return page;
    },
  };
}

/** Set to 1: the pictures of the docs are taken anew. */
const ARE_PICTURES_KEPT = process.env['KEEP_PICTURES'] === '1';
const PICTURES = join(import.meta.dirname, '..', '..', '..', 'docs', 'inspector');

export async function takePicture(page: Page, name: string): Promise<void> {
  const bytes = await page.screenshot();
  if (bytes.length === 0) throw new Error(`${name} is an empty picture`);
  if (!ARE_PICTURES_KEPT) return;
  await mkdir(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `${name}.png`) });
}
