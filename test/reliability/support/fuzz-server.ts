/** Any bytes to a real router with a strict endpoint behind it, and any answer to a real router. */
import fc from 'fast-check';
import type { TestRouter } from '../../catalogue/harness.ts';
import { cuts, requestBytes, responseBytes } from './fuzz-inputs.ts';
import { RawClient } from './raw-client.ts';
import { segmentsOf } from './read-in-segments.ts';
import { okText, RecordingBackend } from './recording-backend.ts';
import { addRoute, type Engine, faultsOf, startRouter } from './started-router.ts';

const AT_ONCE = 20;
const PATIENCE_MS = 3000;
/** Statuses of 5xx that say something of the request. */
const ALLOWED = [501, 505];

interface Input {
  readonly text: string;
  readonly at: readonly number[];
}

async function sendSegments(client: RawClient, text: string, at: readonly number[]) {
  for (const segment of segmentsOf(Buffer.from(text, 'latin1'), at)) {
    await client.send(segment.toString('latin1'), Number.POSITIVE_INFINITY);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function playRequest({ text, at }: Input, port: number, host: string): Promise<string[]> {
  const client = new RawClient(port);
  await sendSegments(client, text.replaceAll('{host}', host), at);
  await client.until(() => client.isEnded, 2);
  // A half-closed client gets its 400 or nothing, and the connection ends at once.
  client.socket.end();
  const isOver = await client.until(() => client.isEnded, PATIENCE_MS);
  const problems = isOver ? [] : ['the connection stays open'];
  for (const { status } of client.finals()) {
    if (status >= 500 && !ALLOWED.includes(status)) problems.push(`answer ${status}`);
  }
  client.close();
  return problems.map((problem) => `${problem}: ${JSON.stringify(text)} cut at ${at}`);
}

/** Samples of one seed; each is played once, many at a time. */
async function playAll<Item>(
  items: readonly Item[],
  play: (item: Item) => Promise<string[]>,
): Promise<string[]> {
  const problems: string[] = [];
  const rest = items.values();
  const worker = async (): Promise<void> => {
    for (const item of rest) problems.push(...(await play(item)));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return problems;
}

export class ServerFuzz {
  readonly router: TestRouter;
  executions = 0;

  private constructor(router: TestRouter) {
    this.router = router;
  }

  static async start(engine: Engine): Promise<ServerFuzz> {
    const settings = { logging: { level: 'error' }, endpoint_timeout: '1500ms' };
    return new ServerFuzz(await startRouter(engine, settings));
  }

  async requests(count: number, seed: number): Promise<string[]> {
    const backend = await RecordingBackend.start();
    const host = await addRoute(this.router, backend.port);
    const inputs = fc.sample(fc.record({ text: requestBytes, at: cuts }), { numRuns: count, seed });
    const { port } = this.router;
    const problems = await playAll(inputs, (input) => playRequest(input, port, host));
    problems.push(...backend.violations.map((text) => `at the endpoint: ${text}`));
    await backend.stop();
    return this.#ended(count, problems);
  }

  /** Each answer is followed by a good one on another route: it must come through. */
  async answers(count: number, seed: number): Promise<string[]> {
    const inputs = fc.sample(responseBytes, { numRuns: count, seed });
    const backend = await RecordingBackend.start({
      onRequest({ target }, { socket }) {
        if (target === '/good') socket.write(okText('good'));
        else socket.end(inputs[Number(target.slice(1))] ?? '', 'latin1');
      },
    });
    const host = await addRoute(this.router, backend.port);
    const { port } = this.router;
    const ask = async (target: string): Promise<RawClient> => {
      const client = new RawClient(port);
      const text = `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
      await client.send(text, Number.POSITIVE_INFINITY);
      const isWhole = (): boolean => client.finals()[0]?.content.complete === true;
      await client.until(() => client.isEnded || isWhole(), PATIENCE_MS);
      client.close();
      return client;
    };
    const problems = await playAll([...inputs.keys()], async (index) => {
      const client = await ask(`/${index}`);
      const input = JSON.stringify(inputs[index]);
      const found: string[] = [];
      if (!client.isEnded && client.finals().length === 0) found.push(`no answer to ${input}`);
      const good = await ask('/good');
      const body = good.finals()[0]?.content.body;
      if (body !== 'good') found.push(`got ${JSON.stringify(good.raw)} behind ${input}`);
      return found;
    });
    await backend.stop();
    return this.#ended(count, problems);
  }

  async stop(): Promise<void> {
    await this.router.stop();
  }

  #ended(count: number, problems: string[]): string[] {
    this.executions += count;
    (this.router.accessText as string[]).length = 0;
    return [...problems, ...faultsOf(this.router).map((line) => JSON.stringify(line))];
  }
}
