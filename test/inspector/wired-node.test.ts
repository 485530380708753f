/** The inspector where people find it: on the status port of a node in a process of its own. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startAppNode } from '../node/support/app-node.ts';
import { ask } from '../node/support/http-client.ts';
import { HELLO_FOLDER } from '../node/support/troupe-node.ts';
import { World } from '../node/support/world.ts';
import { startBrowser, takePicture } from './support/browser.ts';

const BUILD = join(import.meta.dirname, '..', '..', 'scripts', 'build-inspector.js');

let world: World;
beforeAll(() => {
  execFileSync(process.execPath, [BUILD]);
});
beforeEach(() => {
  world = new World();
});
afterEach(() => world.end(), 60_000);

describe('on the status port', { timeout: 90_000 }, () => {
  it('is found by `troupe inspect`, asks for a password, shows routes and traffic', async () => {
    const node = await startAppNode(world);
    const [url = ''] = (await node.ok('inspect')).split('\n');
    expect(url).toBe(`http://127.0.0.1:${node.node.ports.status}/inspector/`);
    expect((await fetch(url)).status).toBe(401);
    expect((await fetch(`${url}api/tree`)).status).toBe(401);
    await node.ok('push', HELLO_FOLDER, '-i', '2');
    for (let count = 0; count < 5; count += 1) {
      await ask(node.node.ports.router, 'hello.localhost', '/', {});
    }
    const { open, complaints } = await startBrowser(world);
    const page = await open(new URL(url).origin);
    await page.getByText('live', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'Routes' }).click();
    const routes = page.locator('[data-route="hello.localhost"]');
    await routes.nth(1).waitFor();
    await page.getByText('requests', { exact: true }).waitFor();
    await takePicture(page, 'routes');
    await page.getByRole('searchbox').fill('nothing');
    await page.getByText('0 of 1 routes').waitFor();
    expect(complaints).toEqual([]);
  });

  it('is not there when it is switched off', async () => {
    const node = await world.startNode({ 'inspector.enabled': false });
    const token = Buffer.from('status:secret').toString('base64');
    const headers = { authorization: `Basic ${token}` };
    const answer = await ask(node.ports.status, '127.0.0.1', '/inspector/', headers);
    expect(answer.status).toBe(404);
  });
});
