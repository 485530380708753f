import { type ActorRefLike, type AnyActorRef, createActor, type InspectionEvent } from 'xstate';
import type { ShutdownMode } from '../../machines/kernel/supervisor.events.ts';
import {
  type ChildRecord,
  type SupervisorContext,
  type SupervisorSpec,
  supervisorMachine,
} from '../../machines/kernel/supervisor.machine.ts';
import type { Tell } from '../../machines/kernel/tell.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { createDeadLetters, type DeadLetters } from './dead-letters.ts';
import { createFeed, type Feed } from './feed.ts';
import { createMailboxes } from './mailbox.ts';
import { createReaper, type Reaper } from './reaper.ts';

export const KERNEL_LIMITS = {
  mailboxEvents: 1024,
  mailboxBatch: 256,
  feedRecords: 4096,
  deadLetters: 256,
} as const;

/** One line of the supervision tree, as people look at it. */
export interface TreeNode {
  readonly name: string;
  readonly status: string;
  readonly state: unknown;
  readonly restarts: number;
  readonly uptimeMs: number;
  readonly mailboxDepth: number;
  readonly lastError: string;
  readonly children: readonly TreeNode[];
}

export interface ActorSystem {
  readonly tell: Tell;
  /** Like `tell`, for news that an actor reads for itself when it starts: absence is no loss. */
  readonly notify: Tell;
  whereis(name: string): AnyActorRef | undefined;
  tree(): TreeNode;
  readonly feed: Feed;
  readonly deadLetters: DeadLetters;
  start(): void;
  /** Stops the tree in reverse order; `ended` then resolves. Later calls change the mode only. */
  shutdown(mode: ShutdownMode): void;
  /** Resolves when all children are ready for the first time; never rejects. */
  readonly ready: Promise<void>;
  /** Resolves when the tree is gone: undefined after a shutdown, else what the root failed with. */
  readonly ended: Promise<unknown>;
}

export interface ActorSystemOptions {
  readonly root: SupervisorSpec;
  readonly clock: Clock;
  readonly log: Log;
}

function stackOf(error: unknown): string {
  const parts: string[] = [];
  let current = error;
  for (let depth = 0; depth < 10 && current !== undefined; depth += 1) {
    parts.push(current instanceof Error ? (current.stack ?? current.message) : String(current));
    current = current instanceof Error ? current.cause : undefined;
  }
  return parts.join('\ncaused by: ');
}

/** Names as people know them: the path it was registered under, else its id under its parent. */
function nameOf(ref: ActorRefLike): string {
  const { systemId, id, _parent: parent } = ref as AnyActorRef & { systemId?: string };
  if (systemId !== undefined) return systemId;
  return parent === undefined ? id : `${nameOf(parent)}/${id}`;
}

function createInspector(options: ActorSystemOptions, feed: Feed, reaper: Reaper) {
  const { clock, log } = options;
  const lastEvents = new WeakMap<ActorRefLike, string>();

  function onCrash(event: { error?: unknown }, crashed: ActorRefLike): void {
    const snapshot = crashed.getSnapshot() as { value?: unknown };
    const lastEvent = lastEvents.get(crashed) ?? '';
    feed.append(clock.nowMs(), 'crash', nameOf(crashed), lastEvent, snapshot.value);
    // What a machine invokes takes the machine down with it: one crash, one line.
    if ((crashed as { systemId?: string }).systemId === undefined) return;
    log.error('actor-crashed', {
      actor: nameOf(crashed),
      state: snapshot.value,
      event: lastEvent,
      error: stackOf(event.error),
    });
  }

  function observe(event: InspectionEvent): void {
    if (event.type === '@xstate.event') {
      const { type } = event.event;
      if (type.startsWith('xstate.error.actor.') && event.sourceRef !== undefined) {
        onCrash(event.event as { error?: unknown }, event.sourceRef);
      } else {
        if (type === 'CHILD_READY_TIMEOUT') log.error('actor-not-ready', { ...event.event });
        lastEvents.set(event.actorRef, type);
      }
    } else if (event.type === '@xstate.snapshot') {
      const value = (event.snapshot as { value?: unknown }).value;
      const kind = event.snapshot.status === 'active' ? 'state' : 'stop';
      feed.append(clock.nowMs(), kind, nameOf(event.actorRef), event.event.type, value);
    } else if (event.type === '@xstate.actor') {
      feed.append(clock.nowMs(), 'start', nameOf(event.actorRef), '', undefined);
    }
  }

  const observers = [observe, reaper.observe];
  return (event: InspectionEvent): void => {
    for (const next of observers) {
      // An inspector that throws would crash the actor it watches (xstate.md fact 7).
      try {
        next(event);
      } catch (error) {
        log.error('inspector-failed', { error: stackOf(error) });
      }
    }
  };
}

function leaf(child: ChildRecord, clock: Clock, depth: (name: string) => number): TreeNode {
  const snapshot = child.ref?.getSnapshot() as { value?: unknown; context?: unknown } | undefined;
  const context = snapshot?.context as Partial<SupervisorContext> | undefined;
  return {
    name: child.spec.name,
    status: child.status,
    state: snapshot?.value,
    restarts: child.restarts,
    uptimeMs: child.ref === undefined ? 0 : clock.nowMs() - child.startedAtMs,
    mailboxDepth: depth(child.spec.name),
    lastError: child.lastError instanceof Error ? child.lastError.message : '',
    children: childNodes(context, clock, depth),
  };
}

function childNodes(
  context: Partial<SupervisorContext> | undefined,
  clock: Clock,
  depth: (name: string) => number,
): TreeNode[] {
  if (context?.children === undefined || context.spec === undefined) return [];
  const { children, spec } = context;
  return spec.children.flatMap(({ id }) => {
    const child = children[id];
    return child === undefined ? [] : [leaf(child, clock, depth)];
  });
}

/** The running tree with its mailboxes, dead letters and feed. One per node; nothing global. */
export function createActorSystem(options: ActorSystemOptions): ActorSystem {
  const { clock, log, root: spec } = options;
  const feed = createFeed(KERNEL_LIMITS.feedRecords);
  const deadLetters = createDeadLetters(KERNEL_LIMITS.deadLetters);
  const reaper = createReaper();
  const root = createActor(supervisorMachine, {
    systemId: spec.name,
    input: spec,
    clock: clock as never,
    inspect: createInspector(options, feed, reaper),
  });
  const whereis = (name: string): AnyActorRef | undefined =>
    root.system.get(name as never) as AnyActorRef | undefined;
  const mailboxes = createMailboxes({
    capacity: KERNEL_LIMITS.mailboxEvents,
    batch: KERNEL_LIMITS.mailboxBatch,
    find: whereis,
    defer: (fn) => clock.defer(fn),
    onDeadLetter(to, eventType, reason) {
      const atMs = clock.nowMs();
      deadLetters.add({ atMs, to, eventType, reason });
      feed.append(atMs, 'dead-letter', to, eventType, reason);
    },
  });
  let startedAtMs = clock.nowMs();
  const ready = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<unknown>();
  root.subscribe({
    next: (snapshot) => {
      if (snapshot.matches({ alive: 'running' })) ready.resolve();
    },
    complete: () => ended.resolve(undefined),
    error: (error) => {
      log.debug('tree-failed', { error: stackOf(error) });
      // A root that gave up has stopped its children; one that crashed has not.
      reaper.reap(root);
      ended.resolve(error);
    },
  });
  return {
    tell: (name, event) => mailboxes.put(name, event, false),
    notify: (name, event) => mailboxes.put(name, event, true),
    whereis,
    tree: () => ({
      name: spec.name,
      status: root.getSnapshot().status,
      state: root.getSnapshot().value,
      restarts: 0,
      uptimeMs: clock.nowMs() - startedAtMs,
      mailboxDepth: 0,
      lastError: '',
      children: childNodes(root.getSnapshot().context, clock, mailboxes.depth),
    }),
    feed,
    deadLetters,
    start: () => {
      startedAtMs = clock.nowMs();
      root.start();
    },
    shutdown: (mode) => {
      if (root.getSnapshot().status === 'active') root.send({ type: 'SHUTDOWN', mode });
    },
    ready: ready.promise,
    ended: ended.promise,
  };
}
