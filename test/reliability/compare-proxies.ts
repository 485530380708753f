/**
 * Plays the request corpus through haproxy, nginx and both engines of this router, in front of
 * the same strict endpoint, and writes docs/reliability/request-corpus.md.
 * `node test/reliability/compare-proxies.ts`, with haproxy and nginx installed.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { expandBytes, REQUEST_ROWS, type RequestRow } from './corpus/load-corpus.ts';
import { startOther, versionOf } from './support/other-proxies.ts';
import { RawClient } from './support/raw-client.ts';
import { okText, RecordingBackend } from './support/recording-backend.ts';
import { addRoute, ENGINES, startRouter } from './support/started-router.ts';

interface Verdict {
  /** Statuses of the final answers, whether the connection ended, requests at the endpoint. */
  readonly text: string;
  /** The endpoint saw a request hidden in another one, or bytes that are no request. */
  readonly isHarmful: boolean;
}

interface Target {
  readonly name: string;
  readonly port: number;
  readonly host: string;
  readonly backend: RecordingBackend;
  readonly stop: () => Promise<void>;
}

const startBackend = (): Promise<RecordingBackend> =>
  RecordingBackend.start({
    onHead({ target }, { socket }) {
      if (target !== '/early') return false;
      socket.write(okText('early'));
      return true;
    },
  });

async function targets(): Promise<Target[]> {
  const found: Target[] = [];
  for (const engine of ENGINES) {
    const backend = await startBackend();
    const router = await startRouter(engine);
    const host = await addRoute(router, backend.port);
    const stop = async (): Promise<void> => {
      await backend.stop();
      await router.stop();
    };
    found.push({ name: `troupe ${engine}`, port: router.port, host, backend, stop });
  }
  for (const name of ['haproxy', 'nginx'] as const) {
    const version = await versionOf(name);
    if (version === '') throw new Error(`${name} is not installed`);
    const backend = await startBackend();
    const proxy = await startOther(name, backend.port);
    const stop = async (): Promise<void> => {
      await proxy.stop();
      await backend.stop();
    };
    found.push({ name: `${name} ${version}`, port: proxy.port, host: 'app.test', backend, stop });
  }
  return found;
}

async function play(row: RequestRow, { port, host, backend }: Target): Promise<Verdict> {
  backend.forget();
  const client = new RawClient(port);
  await client.send(expandBytes(row.bytes, host), Number.POSITIVE_INFINITY);
  const isAnswered = (): boolean => {
    const finals = client.finals();
    return finals.length >= row.answers.length && finals.every(({ content }) => content.complete);
  };
  await client.until(() => client.isEnded || isAnswered(), 1500);
  await client.until(() => client.isEnded, 60);
  const statuses = client.finals().map(({ status }) => status);
  const seen = backend.requests.length;
  // A hidden request counts when the bytes behind the first one were no request of their own.
  const isHidden = backend.bytes.includes('/smuggled') && row.id !== '106';
  const isHarmful = backend.violations.length > 0 || isHidden;
  const end = client.isEnded ? 'x' : '';
  client.close();
  await new Promise((resolve) => setTimeout(resolve, 5));
  const what = statuses.length === 0 ? 'none' : statuses.join('+');
  const marks = `${isHidden ? ' hidden' : ''}${backend.violations.length > 0 ? ' unclean' : ''}`;
  return { text: `${what}${end} ${seen}${marks}`, isHarmful };
}

const shorten = (text: string): string => text.replaceAll('|', '\\|');

function page(names: readonly string[], lines: readonly string[], harmful: readonly number[]) {
  const counts = names.map((name, at) => `${name}: ${harmful[at]}`).join(', ');
  return `# The request corpus side by side

Made by \`node test/reliability/compare-proxies.ts\`: each row of
\`test/reliability/corpus/requests.json\` is sent as it is, over a connection of its own, through
each proxy to the same strict endpoint. A cell shows the statuses of the answers, \`x\` when the
proxy ended the connection, and how many whole requests the endpoint got. *hidden*: the endpoint got
a request that the row hides behind another one. *unclean*: it got bytes that RFC 9112 does not
allow. Other proxies are configured plainly, with connections to the endpoint kept. Their answers
are theirs to choose; the column *asked* is what this router has to do. Only rows in which a proxy
is not as asked are shown.

Rows with a hidden request or unclean bytes: ${counts} (of ${REQUEST_ROWS.length}).

| row | request | asked | ${names.join(' | ')} |
| --- | --- | --- |${' --- |'.repeat(names.length)}
${lines.join('\n')}
`;
}

const all = await targets();
const harmful = all.map(() => 0);
const lines: string[] = [];
for (const row of REQUEST_ROWS) {
  const verdicts: Verdict[] = [];
  for (const target of all) verdicts.push(await play(row, target));
  for (const [at, { isHarmful }] of verdicts.entries()) {
    if (isHarmful) harmful[at] = (harmful[at] ?? 0) + 1;
  }
  const asked = new RegExp(`^(${row.answers.map((own) => `(${own})`).join('\\+')})x? `);
  if (verdicts.every(({ text, isHarmful }) => asked.test(text) && !isHarmful)) continue;
  const cells = verdicts.map(({ text, isHarmful }) => (isHarmful ? `**${text}**` : text));
  const wanted = shorten(row.answers.join('+'));
  lines.push(`| ${row.id} | ${shorten(row.name)} | ${wanted} | ${cells.join(' | ')} |`);
}
for (const { stop } of all) await stop();
const directory = new URL('../../docs/reliability/', import.meta.url);
mkdirSync(directory, { recursive: true });
const names = all.map(({ name }) => name);
writeFileSync(new URL('request-corpus.md', directory), page(names, lines, harmful));
process.stdout.write(`${names.map((name, at) => `${name}: harmful ${harmful[at]}`).join('\n')}\n`);
process.exit(0);
