/**
 * The pages that are attached by WebSocket. Each gets records from where it stands in the ring,
 * so a slow one loses the oldest and is told how many. With nobody attached nothing listens.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { ActorSystem } from '../kernel/actor-system.ts';
import { KERNEL_LIMITS } from '../kernel/actor-system.ts';
import type { Clock, Timer } from '../ports/clock.ts';
import { INSPECTOR_LIMITS } from './options.ts';
import { viewTree } from './view-tree.ts';
import type { EventsView, Frame } from './views.ts';
import type { BbsWatch } from './watch-bbs.ts';

export interface ViewersOptions {
  readonly system: ActorSystem;
  readonly clock: Clock;
  /** Undefined: this node knows no BBS. */
  readonly bbs: BbsWatch | undefined;
}

interface Viewer {
  readonly socket: WebSocket;
  next: number;
  /** Changes of instances were not sent to it. */
  isBehind: boolean;
}

const oldestOf = ({ feed }: ActorSystem): number =>
  Math.max(1, feed.lastSequence - KERNEL_LIMITS.feedRecords + 1);

/** Records from `since` on, at most `limit`, and how many of those wanted are gone. */
export function eventsSince(
  system: ActorSystem,
  clock: Clock,
  since: number,
  limit: number,
): EventsView {
  const { feed } = system;
  const oldest = oldestOf(system);
  const records = feed.since(since).slice(0, limit);
  return {
    oldest,
    last: feed.lastSequence,
    dropped: Math.max(0, Math.min(oldest, feed.lastSequence + 1) - since),
    nowMs: clock.nowMs(),
    wallMs: clock.wallMs(),
    records,
  };
}

const isSlow = ({ socket }: Viewer): boolean =>
  socket.bufferedAmount > INSPECTOR_LIMITS.viewerBufferBytes;

const send = ({ socket }: Viewer, frame: Frame): void => socket.send(JSON.stringify(frame));

export class Viewers {
  readonly #system: ActorSystem;
  readonly #clock: Clock;
  readonly #bbs: BbsWatch | undefined;
  readonly #viewers = new Set<Viewer>();
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: INSPECTOR_LIMITS.viewerMessageBytes,
    perMessageDeflate: false,
  });
  #stopListening: (() => void) | undefined;
  #flushTimer: Timer | undefined;
  #treeTimer: Timer | undefined;
  readonly #flushSoon = (): void => {
    this.#flushTimer ??= this.#clock.setTimeout(() => this.#flush(), INSPECTOR_LIMITS.coalesceMs);
  };

  constructor({ system, clock, bbs }: ViewersOptions) {
    this.#system = system;
    this.#clock = clock;
    this.#bbs = bbs;
  }

  get count(): number {
    return this.#viewers.size;
  }

  /** `since`: the first record that the page has not seen. */
  attach(request: IncomingMessage, socket: Duplex, head: Buffer, since: number): void {
    if (this.count >= INSPECTOR_LIMITS.viewers) {
      socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n');
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (opened) => this.#add(opened, since));
  }

  close(): void {
    this.#pause();
    for (const { socket } of this.#viewers) socket.terminate();
    this.#viewers.clear();
    this.#server.close();
  }

  #add(socket: WebSocket, since: number): void {
    const { lastSequence: last } = this.#system.feed;
    const viewer: Viewer = {
      socket,
      next: Math.min(Math.max(1, since), last + 1),
      isBehind: false,
    };
    this.#viewers.add(viewer);
    socket.on('close', () => {
      this.#viewers.delete(viewer);
      if (this.count === 0) this.#pause();
    });
    // What is wrong with the connection closes it; there is nothing else to do.
    socket.on('error', () => {});
    this.#greet(viewer);
    if (this.#stopListening !== undefined) return;
    this.#stopListening = this.#system.feed.listen(this.#flushSoon);
    this.#treeTimer = this.#clock.setTimeout(() => this.#sendTree(), INSPECTOR_LIMITS.treeMs);
    this.#bbs?.follow(this.#flushSoon);
  }

  #greet(viewer: Viewer): void {
    const { lastSequence: last } = this.#system.feed;
    const oldest = oldestOf(this.#system);
    const [nowMs, wallMs] = [this.#clock.nowMs(), this.#clock.wallMs()];
    send(viewer, { type: 'hello', oldest, last, nowMs, wallMs });
    send(viewer, this.#treeFrame());
    if (this.#bbs !== undefined) send(viewer, { type: 'lrps', lrps: this.#bbs.known() });
    this.#sendRecords(viewer);
    this.#flushSoon();
  }

  #treeFrame(): Frame {
    const { counts: deadLetters } = this.#system.deadLetters;
    return { type: 'tree', tree: viewTree(this.#system), deadLetters };
  }

  #sendTree(): void {
    this.#sendAll(this.#treeFrame());
    this.#treeTimer = this.#clock.setTimeout(() => this.#sendTree(), INSPECTOR_LIMITS.treeMs);
  }

  #sendAll(frame: Frame): void {
    const text = JSON.stringify(frame);
    for (const viewer of this.#viewers) if (!isSlow(viewer)) viewer.socket.send(text);
  }

  #sendRecords(viewer: Viewer): void {
    if (isSlow(viewer) || viewer.next > this.#system.feed.lastSequence) return;
    const { recordsPerFrame } = INSPECTOR_LIMITS;
    const events = eventsSince(this.#system, this.#clock, viewer.next, recordsPerFrame);
    const last = events.records.at(-1);
    if (last === undefined) return;
    viewer.next = last.sequence + 1;
    send(viewer, { type: 'records', records: events.records, dropped: events.dropped });
  }

  #flush(): void {
    this.#flushTimer = undefined;
    for (const viewer of this.#viewers) this.#sendRecords(viewer);
    if (this.#bbs !== undefined) this.#sendInstances(this.#bbs);
    const { lastSequence: last } = this.#system.feed;
    const isLate = [...this.#viewers].some(({ next, isBehind }) => isBehind || next <= last);
    if (isLate) this.#flushSoon();
  }

  #sendInstances(bbs: BbsWatch): void {
    const instances = bbs.takeChanged();
    const hasNews = bbs.takeNews();
    const changed: Frame = { type: 'instances', instances };
    for (const viewer of this.#viewers) {
      if (isSlow(viewer)) {
        // It has missed something, so it gets the whole when it can take it.
        viewer.isBehind ||= hasNews || instances.length > 0;
      } else if (hasNews || viewer.isBehind) {
        viewer.isBehind = false;
        send(viewer, { type: 'lrps', lrps: bbs.known() });
      } else if (instances.length > 0) send(viewer, changed);
    }
  }

  #pause(): void {
    this.#stopListening?.();
    this.#stopListening = undefined;
    this.#clock.clearTimeout(this.#flushTimer);
    this.#clock.clearTimeout(this.#treeTimer);
    this.#flushTimer = undefined;
    this.#treeTimer = undefined;
    this.#bbs?.unfollow();
  }
}
