/** Stands before a BBS and spoils what passes: as a network does, when it is told to. */
import { createServer, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface BbsGate {
  readonly url: string;
  /** Events do not come through. */
  isLosingEvents: boolean;
  /** Lists are answered 500. */
  isFailingLists: boolean;
  /** Paths that are not served. */
  readonly missingPaths: Set<string>;
  /** Requests that came, by path. */
  readonly paths: string[];
  cutStreams(): void;
  /** Answers nothing before the returned function is called. */
  hold(): () => void;
  close(): Promise<void>;
}

const isStream = (path: string): boolean => path.startsWith('/v1/events');
const isList = (path: string): boolean => path.endsWith('/list') || path.includes('/list.');

export async function openBbsGate(target: () => string): Promise<BbsGate> {
  const streams = new Set<ServerResponse>();
  let held: Promise<void> | undefined;
  const server = createServer(async (incoming, outgoing) => {
    const path = incoming.url ?? '';
    gate.paths.push(path);
    if (!isStream(path)) await held;
    const refused = gate.missingPaths.has(path)
      ? 404
      : gate.isFailingLists && isList(path)
        ? 500
        : 0;
    if (refused !== 0) {
      incoming.resume();
      outgoing.writeHead(refused).end();
      return;
    }
    const { method, headers } = incoming;
    const forwarded = request(new URL(path, target()), { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 0, answer.headers);
      outgoing.flushHeaders();
      if (isStream(path)) streams.add(outgoing);
      answer.on('data', (chunk: Buffer) => {
        if (!(isStream(path) && gate.isLosingEvents)) outgoing.write(chunk);
      });
      answer.on('end', () => outgoing.end());
      answer.on('error', () => outgoing.destroy());
    });
    forwarded.on('error', () => outgoing.destroy());
    outgoing.on('close', () => {
      streams.delete(outgoing);
      forwarded.destroy();
    });
    incoming.pipe(forwarded);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const gate: BbsGate = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    isLosingEvents: false,
    isFailingLists: false,
    missingPaths: new Set(),
    paths: [],
    cutStreams() {
      for (const stream of streams) stream.destroy();
    },
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>();
      held = promise;
      return () => {
        held = undefined;
        resolve();
      };
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
  return gate;
}
