import { connect } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import type { JsonObject } from './message-json.ts';

const quietMs = 30;

/** Sends bytes as they are and returns what came until it was quiet or closed. */
export async function exchangeRaw(
  baseUrl: string,
  sent: string,
  whileOpen: () => Promise<void>,
): Promise<string> {
  const { hostname, port } = new URL(baseUrl);
  const socket = connect(Number(port), hostname);
  let received = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    received += chunk;
  });
  socket.on('error', () => undefined);
  socket.write(sent, 'latin1');
  await setTimeout(quietMs);
  await whileOpen();
  await setTimeout(quietMs);
  socket.destroy();
  return received;
}

/** Chunk headers may carry extensions: the original writes `8a;`. */
function withoutChunks(body: string): string {
  let rest = body;
  let text = '';
  while (rest !== '') {
    const head = /^([0-9a-f]+)(;[^\r]*)?\r\n/i.exec(rest);
    if (head === null) return `${text}(no chunk) ${rest}`;
    const start = head[0].length;
    const length = Number.parseInt(head[1] ?? '0', 16);
    text += rest.slice(start, start + length);
    rest = rest.slice(start + length + 2);
  }
  return text;
}

/** Head without the date, names in lower case; of a stream, the items without their data. */
export function messageOfRaw(received: string): { head: JsonObject; body: string } {
  const end = received.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = received.slice(0, end).split('\r\n');
  const headers = lines
    .map((line): [string, string] => {
      const [name = '', ...rest] = line.split(': ');
      return [name.toLowerCase(), rest.join(': ')];
    })
    .filter(([name]) => name !== 'date' && name !== 'keep-alive');
  const head = { statusLine, ...Object.fromEntries(headers) };
  const raw = received.slice(end + 4);
  const isChunked = headers.some(([name]) => name === 'transfer-encoding');
  const body = isChunked ? withoutChunks(raw) : raw;
  return { head, body: body.replace(/^data: .*$/gm, 'data: …') };
}
