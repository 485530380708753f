/** Plays one hostile answer of an endpoint and says what was wrong. */
import type { TestRouter } from '../../catalogue/harness.ts';
import { expandBytes, type ResponseRow } from '../corpus/load-corpus.ts';
import { RawClient } from './raw-client.ts';
import { type BackendSocket, okText, RecordingBackend } from './recording-backend.ts';
import { addRoute } from './started-router.ts';

const PATIENCE_MS = 3000;
const BYTEWISE_MAX = 3000;
const BIG_SEGMENT_BYTES = 16_411;

const turn = () => new Promise((resolve) => setImmediate(resolve));
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function play(row: ResponseRow, own: BackendSocket, isBytewise: boolean): Promise<void> {
  const { socket } = own;
  const bytes = Buffer.from(expandBytes(row.bytes, ''), 'latin1');
  const small = bytes.length > BYTEWISE_MAX ? BIG_SEGMENT_BYTES : 1;
  const step = isBytewise ? small : Math.max(1, bytes.length);
  for (let at = 0; at < bytes.length && !socket.destroyed; at += step) {
    socket.write(bytes.subarray(at, at + step));
    await turn();
  }
  if (row.then === 'close') socket.end();
  if (row.then === 'reset') socket.resetAndDestroy();
  if (row.after === undefined) return;
  await pause(20);
  if (!socket.destroyed) socket.write(expandBytes(row.after, ''), 'latin1');
}

const requestText = (target: string, host: string, lines = ''): string =>
  `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n${lines}\r\n`;

const UPGRADE = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';

function answerProblems(row: ResponseRow, expected: string, client: RawClient): string[] {
  const final = client.answers().find(({ status }) => status >= 200 || status === 101);
  const isCut = client.isEnded && final?.content.complete !== true;
  const found = isCut ? 'cut' : String(final?.status ?? 'none');
  const problems = new RegExp(`^(${expected})$`).test(found) ? [] : [`${found}, not ${expected}`];
  if (client.finals().length > 1) problems.push('more than one answer');
  const interims = client.answers().length - client.finals().length;
  if (row.maxInterims !== undefined && interims > row.maxInterims) {
    problems.push(`${interims} interim answers`);
  }
  const matches = (pattern: string): boolean => new RegExp(pattern, 'i').test(client.raw);
  for (const pattern of row.passed ?? []) if (!matches(pattern)) problems.push(`no ${pattern}`);
  for (const pattern of row.unpassed ?? []) if (matches(pattern)) problems.push(`got ${pattern}`);
  return problems;
}

async function nextProblems(router: TestRouter, host: string, client: RawClient) {
  const problems: string[] = [];
  const ask = async (next: RawClient, who: string): Promise<void> => {
    const before = next.finals().length;
    await next.send(requestText('/after', host), Number.POSITIVE_INFINITY);
    await next.until(() => next.finals()[before]?.content.complete === true, PATIENCE_MS);
    const answer = next.finals()[before];
    if (answer?.status !== 200 || answer.content.body !== 'after') {
      problems.push(`the next request of ${who} got ${answer?.status} ${answer?.content.body}`);
    }
  };
  const other = new RawClient(router.port);
  await ask(other, 'another client');
  other.close();
  const isUpgraded = client.answers()[0]?.status === 101;
  if (!client.isEnded && !isUpgraded) await ask(client, 'the same client');
  return problems;
}

export async function runResponseRow(
  row: ResponseRow,
  engine: string,
  isBytewise: boolean,
  router: TestRouter,
): Promise<string[]> {
  const hostile: { own: BackendSocket | undefined; done: Promise<void> | undefined } = {
    own: undefined,
    done: undefined,
  };
  let asked = 0;
  const backend = await RecordingBackend.start({
    onRequest({ target }, own) {
      if (target !== '/hostile') {
        own.socket.write(okText('after'));
        return;
      }
      asked += 1;
      hostile.own ??= own;
      hostile.done = play(row, own, isBytewise);
    },
  });
  const host = await addRoute(router, backend.port);
  const client = new RawClient(router.port);
  const lines = row.isUpgrade === true ? UPGRADE : '';
  await client.send(requestText('/hostile', host, lines), Number.POSITIVE_INFINITY);
  const isAnswered = (): boolean => client.finals()[0]?.content.complete === true;
  await client.until(() => client.isEnded || isAnswered(), PATIENCE_MS);
  await hostile.done;
  await client.until(() => client.isEnded, 20);
  const expected = row.deviations?.[engine]?.expect ?? row.expect;
  const problems = answerProblems(row, expected, client);
  if (row.mayReuse !== true && client.answers()[0]?.status !== 101) {
    const isDestroyed = () => hostile.own?.socket.readyState === 'closed';
    for (let waited = 0; waited < 50 && !isDestroyed(); waited += 1) await pause(10);
    if (!isDestroyed()) problems.push('the connection to the endpoint stays open');
  }
  if (asked !== 1 && row.then !== 'reset') problems.push(`the endpoint was asked ${asked} times`);
  problems.push(...(await nextProblems(router, host, client)));
  client.close();
  await backend.stop();
  return problems;
}
