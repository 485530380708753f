/** Plays one row of the request corpus and says what was wrong. */
import type { TestRouter } from '../../catalogue/harness.ts';
import { expandBytes, type RequestRow } from '../corpus/load-corpus.ts';
import { RawClient } from './raw-client.ts';
import type { RecordingBackend } from './recording-backend.ts';

export const MODES = ['as is', 'one byte per segment', 'second in a pipeline'] as const;
export type Mode = (typeof MODES)[number];

export interface Stage {
  readonly router: TestRouter;
  readonly backend: RecordingBackend;
  readonly host: string;
}

const PATIENCE_MS = 3000;
/** Above this the loop would turn tens of thousands of times for one row. */
const BYTEWISE_MAX = 3000;
const BIG_SEGMENT_BYTES = 61;

const waitFor = async (condition: () => boolean, withinMs: number): Promise<boolean> => {
  const end = performance.now() + withinMs;
  while (!condition() && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return condition();
};

function segmentOf(mode: Mode, length: number): number {
  if (mode !== 'one byte per segment') return Number.POSITIVE_INFINITY;
  return length > BYTEWISE_MAX ? BIG_SEGMENT_BYTES : 1;
}

function answerProblems(row: RequestRow, expected: readonly string[], client: RawClient) {
  const problems: string[] = [];
  const finals = client.finals();
  const statuses = finals.map(({ status }) => String(status));
  const isRight = expected.every((pattern, at) =>
    new RegExp(`^(${pattern})$`).test(statuses[at] ?? 'none'),
  );
  if (!isRight || statuses.length !== expected.length) {
    problems.push(`answers ${statuses.join(',') || 'none'}, not ${expected.join(',')}`);
  }
  if (finals.some(({ content }) => !content.complete)) problems.push('an answer is not whole');
  const interims = client.answers().length - finals.length;
  if (interims !== (row.interims ?? 0)) problems.push(`${interims} interim answers`);
  if (row.closes === true && !client.isEnded) problems.push('the connection was not closed');
  if (row.closes === false && client.isEnded) problems.push('the connection was closed');
  return problems;
}

function upstreamProblems(row: RequestRow, ahead: number, client: RawClient, stage: Stage) {
  const { backend, host } = stage;
  const problems = backend.violations.map((text) => `at the endpoint: ${text}`);
  const wanted = row.upstream ?? client.finals().slice(ahead).filter(isOk).length;
  const own = backend.requests.length - ahead;
  if (own !== wanted) problems.push(`${own} whole requests at the endpoint, not ${wanted}`);
  if (backend.bytes.includes('/smuggled')) problems.push('SMUGGLED');
  // Content in its chunks as well as joined: one byte per segment makes one chunk of each.
  const text = [backend.bytes, ...backend.requests.map(({ body }) => body)].join('\n');
  const matches = (pattern: string): boolean =>
    new RegExp(expandBytes(pattern, host), 'im').test(text);
  for (const pattern of row.seen ?? []) if (!matches(pattern)) problems.push(`unseen: ${pattern}`);
  for (const pattern of row.unseen ?? []) if (matches(pattern)) problems.push(`seen: ${pattern}`);
  return problems;
}

const isOk = ({ status }: { readonly status: number }): boolean => status === 200;

/** Another client's good request right after: the row must have left nothing behind. */
async function nextProblems({ router, backend, host }: Stage): Promise<string[]> {
  const isFree = await waitFor(() => backend.halfRequests === 0, 500);
  const problems = isFree ? [] : ['half a request is still open at the endpoint'];
  const client = new RawClient(router.port);
  const before = backend.requests.length;
  await client.send(`GET /after HTTP/1.1\r\nHost: ${host}\r\n\r\n`, Number.POSITIVE_INFINITY);
  await client.until(() => client.finals()[0]?.content.complete === true, PATIENCE_MS);
  client.close();
  const answer = client.finals()[0];
  const seen = backend.requests.at(-1);
  if (answer?.status !== 200 || answer.content.body !== 'ok') problems.push('next request failed');
  if (backend.requests.length !== before + 1 || seen?.target !== '/after' || seen.body !== '') {
    problems.push('the next request reached the endpoint changed');
  }
  return [...problems, ...backend.violations.map((text) => `next at the endpoint: ${text}`)];
}

export async function runRequestRow(row: RequestRow, mode: Mode, stage: Stage): Promise<string[]> {
  const { router, backend, host } = stage;
  backend.forget();
  const own = expandBytes(row.bytes, host);
  const isSecond = mode === 'second in a pipeline';
  const ahead = isSecond ? 1 : 0;
  const bytes = isSecond ? `GET /first HTTP/1.1\r\nHost: ${host}\r\n\r\n${own}` : own;
  const expected = isSecond ? ['200', ...row.answers] : row.answers;
  const client = new RawClient(router.port);
  await client.send(bytes, segmentOf(mode, own.length));
  const isAnswered = (): boolean => {
    const finals = client.finals();
    return finals.length >= expected.length && finals.every(({ content }) => content.complete);
  };
  await client.until(() => client.isEnded || isAnswered(), PATIENCE_MS);
  if (row.closes === true) await client.until(() => client.isEnded, PATIENCE_MS);
  else await client.until(() => client.isEnded, 10);
  const problems = [
    ...answerProblems(row, expected, client),
    ...upstreamProblems(row, ahead, client, stage),
  ];
  client.close();
  return [...problems, ...(await nextProblems(stage))];
}
