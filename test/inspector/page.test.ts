/** The page in a real browser, over a real node with real apps. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { kill } from '../kernel/kill.ts';
import { HELLO_FOLDER } from '../node/support/troupe-node.ts';
import { eventually, World } from '../node/support/world.ts';
import { startBrowser, takePicture } from './support/browser.ts';
import { startInspectedApps, startInspectedRouter } from './support/inspected-node.ts';

const BUILD = join(import.meta.dirname, '..', '..', 'scripts', 'build-inspector.js');

let world: World;
beforeAll(() => {
  execFileSync(process.execPath, [BUILD]);
});
beforeEach(() => {
  world = new World();
});
afterEach(() => world.end(), 60_000);

const LONG = { timeout: 90_000 };

const isLive = (page: Page) => page.getByText('live', { exact: true }).waitFor();

const historyOf = async (page: Page): Promise<string[]> =>
  (await page.locator('.history b').allTextContents()).reverse();

const activeState = (page: Page, state: string) =>
  page.locator(`[data-state="actual-lrp.${state}"].active`);

describe('the page', LONG, () => {
  it('shows an actor that is killed, its restart, its crash and its chart', async () => {
    const node = await startInspectedRouter(world);
    const { open, complaints } = await startBrowser(world);
    const page = await open(node.url);
    await isLive(page);
    const pruner = page.locator('[data-actor="router/pruner"]');
    await pruner.getByText('ready').waitFor();
    expect(await pruner.locator('[data-restarts]').textContent()).toBe('0');
    await pruner.getByRole('link').click();
    const active = page.locator('[data-state="pruner.waiting"].active');
    await active.waitFor();
    kill(node.system, 'router/pruner');
    await pruner.locator('[data-restarts="1"]').waitFor();
    await page.locator('.stack').getByText('injected by the test').first().waitFor();
    await active.waitFor();
    // The new one has started: its first step leads from deciding to waiting.
    await page.locator('.arrow.last[data-edges*="pruner.deciding"]').first().waitFor();
    await page.locator('[data-edges*="pruner.suspended:NATS_CONNECTED"].untaken').waitFor();
    await takePicture(page, 'actor-crash');
    // Back to the first record, then on to the moment of the crash: nobody bore the name then.
    const records = node.system.feed.since(1);
    const crash = records.find(({ kind, actor }) => kind === 'crash' && actor.endsWith('pruner'));
    const stateNow = pruner.locator('[data-state-text]');
    await page.getByRole('slider').fill(String((crash?.sequence ?? 0) - 1));
    await page.locator(`[data-past="${(crash?.sequence ?? 0) - 1}"]`).waitFor();
    expect(await stateNow.textContent()).toBe('waiting');
    await page.getByRole('slider').fill(String(crash?.sequence));
    await page.locator(`[data-past="${crash?.sequence}"]`).waitFor();
    expect(await stateNow.textContent()).toBe('-');
    expect(await active.count()).toBe(0);
    await page.getByRole('button', { name: 'back to now' }).click();
    await active.waitFor();
    await page.getByRole('link', { name: 'Events' }).click();
    await page.getByRole('searchbox').fill('router/pruner');
    await page.locator('tr.kind-crash').first().waitFor();
    await takePicture(page, 'events');
    expect(complaints).toEqual([]);
  });

  it('follows an app from unclaimed to running, through its crashes to the back-off', async () => {
    const node = await startInspectedApps(world);
    const { open, complaints } = await startBrowser(world);
    const page = await open(node.url);
    await isLive(page);
    await page.getByRole('link', { name: 'Apps' }).click();
    const command = 'sleep 1; exec node index.js';
    const pushed = node.troupe('push', HELLO_FOLDER, '--command', command);
    await page.locator('[data-app="hello"] [data-instance] a').first().click();
    await activeState(page, 'claimed').waitFor();
    await takePicture(page, 'app-claimed');
    await activeState(page, 'running').waitFor();
    expect(await pushed).toContain('http://hello.localhost');
    expect(await historyOf(page)).toEqual([
      'absent → unclaimed',
      'unclaimed → claimed',
      'claimed → running',
    ]);
    await page.locator('.arrow.last[data-edges*="actual-lrp.claimed:START"]').waitFor();
    await takePicture(page, 'app-running');
    const row = page.locator('[data-app="hello"] [data-instance]').first();
    const crashes = row.locator('.number');
    for (const count of [1, 2, 3]) {
      await eventually(`running for the ${count}. time`, async () => {
        const history = await historyOf(page);
        const starts = history.filter((step) => step === 'claimed → running').length;
        return starts === count && history.at(-1) === 'claimed → running';
      });
      for (const pid of node.appProcesses()) process.kill(pid, 'SIGKILL');
      const isCounted = async () => Number(await crashes.textContent()) === count;
      await eventually(`crash ${count}`, isCounted);
    }
    await activeState(page, 'crashed').waitFor();
    const history = await historyOf(page);
    expect(history.filter((step) => step === 'running → unclaimed')).toHaveLength(2);
    expect(history.at(-1)).toBe('running → crashed');
    await takePicture(page, 'app-crashed');
    await page.getByRole('link', { name: 'Cells' }).click();
    await page.locator('[data-cell] .chip').getByText('up').waitFor();
    await takePicture(page, 'cells');
    expect(complaints).toEqual([]);
  });

  it('can be read in the dark and on a phone, and is moved by keys', async () => {
    const node = await startInspectedRouter(world);
    const { open, complaints } = await startBrowser(world);
    const dark = await open(node.url, { isDark: true });
    await isLive(dark);
    const paper = () => dark.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    expect(await paper()).toBe('rgb(20, 24, 29)');
    await dark.goto(`${node.url}/inspector/#/machines/supervisor`);
    const frame = dark.locator('.chart-frame');
    const drawing = frame.locator('svg');
    await drawing.waitFor();
    await dark.locator('[data-state="supervisor.alive.running"].active').waitFor();
    await takePicture(dark, 'machine-dark');
    await frame.focus();
    await dark.keyboard.press('0');
    const before = await drawing.getAttribute('style');
    await dark.keyboard.press('+');
    const zoomed = await drawing.getAttribute('style');
    expect(zoomed).not.toBe(before);
    await dark.keyboard.press('ArrowDown');
    expect(await drawing.getAttribute('style')).not.toBe(zoomed);
    await dark.keyboard.press('0');
    expect(await drawing.getAttribute('style')).toBe(before);
    const phone = await open(node.url, { isPhone: true });
    await isLive(phone);
    for (const tab of ['actors/router/pruner', 'machines/actual-lrp', 'events', 'routes']) {
      await phone.goto(`${node.url}/inspector/#/${tab}`);
      await phone.waitForTimeout(200);
      const width = await phone.evaluate<number>('document.documentElement.scrollWidth');
      expect(`${tab}: ${width}`).toBe(`${tab}: 390`);
    }
    await phone.goto(`${node.url}/inspector/#/machines/pruner`);
    await phone.locator('.chart-frame svg').waitFor();
    await takePicture(phone, 'phone');
    expect(complaints).toEqual([]);
  });
});
