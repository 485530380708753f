/** `troupe events [-f]`: what there is in the BBS, and what changes (diego.md §10.1). */
import type { StreamedEvent } from '../../model/bbs/event-types.ts';
import { DOMAIN } from './app-model.ts';
import { listInstances, listSchedulingInfos } from './bbs-calls.ts';
import { unreachable } from './failure.ts';
import { withoutControls } from './output.ts';
import { type NodeFlags, type Session, START_ADVICE } from './session.ts';

export interface EventFlags extends NodeFlags {
  readonly follow?: boolean;
}

const STREAMS = ['/v1/events/lrp_instances.r1', '/v1/events/tasks.r1'] as const;

/** What the event is about, and what is new about it. */
interface EventWords {
  readonly guid: string;
  readonly detail: string;
}

const NONE: EventWords = { guid: '', detail: '' };
const joined = (...parts: readonly string[]): string =>
  parts.filter((part) => part !== '').join(' ');

function lrpWords(event: StreamedEvent): EventWords | undefined {
  switch (event.name) {
    case 'desired_lrp_created':
    case 'desired_lrp_removed': {
      const own = event.message.desired_lrp;
      return { guid: own?.process_guid ?? '', detail: `${own?.instances ?? 0} wanted` };
    }
    case 'desired_lrp_changed': {
      const { before, after } = event.message;
      const detail = `${before?.instances ?? 0} → ${after?.instances ?? 0} wanted`;
      return { guid: after?.process_guid ?? '', detail };
    }
    case 'actual_lrp_instance_created':
    case 'actual_lrp_instance_removed': {
      const own = event.message.actual_lrp;
      if (own === undefined) return NONE;
      const { process_guid: guid, index } = own.actual_lrp_key;
      const { cell_id } = own.actual_lrp_instance_key;
      return { guid: `${guid}/${index}`, detail: joined(own.state, cell_id) };
    }
    case 'actual_lrp_instance_changed': {
      const { actual_lrp_key: key, actual_lrp_instance_key: own, before, after } = event.message;
      const states = `${before?.state ?? ''} → ${after?.state ?? ''}`;
      const error = after?.placement_error ?? '';
      return {
        guid: `${key?.process_guid ?? ''}/${key?.index ?? 0}`,
        detail: joined(states, own?.cell_id ?? '', error),
      };
    }
    case 'actual_lrp_crashed': {
      const { actual_lrp_key: key, crash_count, crash_reason } = event.message;
      return {
        guid: `${key?.process_guid ?? ''}/${key?.index ?? 0}`,
        detail: `crash ${crash_count}: ${crash_reason}`,
      };
    }
    default:
      return undefined;
  }
}

const TASK_STATES = ['INVALID', 'PENDING', 'RUNNING', 'COMPLETED', 'RESOLVING'] as const;

function eventWords(event: StreamedEvent): EventWords {
  const ofLrp = lrpWords(event);
  if (ofLrp !== undefined) return ofLrp;
  if (event.name === 'task_created' || event.name === 'task_removed') {
    const { task } = event.message;
    return { guid: task?.task_guid ?? '', detail: TASK_STATES[task?.state ?? 0] ?? '' };
  }
  if (event.name !== 'task_changed') return NONE;
  const { before, after } = event.message;
  const state = (task: typeof after) => TASK_STATES[task?.state ?? 0] ?? '';
  const states = `${state(before)} → ${state(after)}`;
  const reason = after?.failure_reason || after?.rejection_reason || '';
  return { guid: after?.task_guid ?? '', detail: joined(states, after?.cell_id ?? '', reason) };
}

function show({ out, clock }: Session, name: string, { guid, detail }: EventWords): void {
  const time = new Date(clock.wallMs()).toISOString().slice(11, 23);
  const text = withoutControls(`${guid}  ${detail}`);
  out.line(`${out.paint(time, 'dim')} ${name.padEnd(27)} ${text}`);
}

async function showPresent(session: Session): Promise<void> {
  const { out } = session;
  const infos = await listSchedulingInfos(session);
  const rows = await listInstances(session, { domain: DOMAIN });
  for (const info of infos) {
    const { process_guid: guid } = info.desired_lrp_key;
    if (out.isJson) out.jsonLine({ event: 'desired_lrp', message: info });
    else show(session, 'desired_lrp', { guid, detail: `${info.instances} wanted` });
  }
  for (const row of rows) {
    const { process_guid, index } = row.actual_lrp_key;
    const detail = joined(row.state, row.actual_lrp_instance_key.cell_id, row.placement_error);
    if (out.isJson) out.jsonLine({ event: 'actual_lrp', message: row });
    else show(session, 'actual_lrp', { guid: `${process_guid}/${index}`, detail });
  }
}

function follow(session: Session, path: string, onReady: () => void): Promise<string> {
  const { out, bbs } = session;
  return new Promise((resolve) => {
    const unsubscribe = bbs.subscribe(path, '', {
      onOpen: onReady,
      onEvent(event) {
        if (out.isJson) out.jsonLine({ event: event.name, message: event.message });
        else show(session, event.name, eventWords(event));
      },
      onUnknown: (name) => out.warn(`an event of an unknown kind: ${name}`),
      onEnd: resolve,
    });
    session.onInterrupt(() => {
      unsubscribe();
      resolve('');
    });
  });
}

/** Without -f what there is now; with it every change from then on as well, until Ctrl-C. */
export async function showEvents(session: Session, flags: EventFlags): Promise<void> {
  if (flags.follow !== true) {
    await showPresent(session);
    return;
  }
  // First the streams, so that no change falls between the list and them.
  const opened = STREAMS.map(() => Promise.withResolvers<void>());
  const ended = STREAMS.map((path, at) => follow(session, path, () => opened[at]?.resolve()));
  const anyEnd = Promise.race(ended);
  const reason = await Promise.race([
    Promise.all(opened.map(({ promise }) => promise)).then(() => undefined),
    anyEnd,
  ]);
  if (reason === undefined) await showPresent(session);
  const end = await anyEnd;
  if (end !== '') throw unreachable(`the events of the BBS ended: ${end}`, START_ADVICE);
}
