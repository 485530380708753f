/** What the BBS is told of an LRP's container, and what follows from its word (diego.md §13.6). */
import { internalRoutesOf, metricTagsFor } from '../../model/bbs/internal-routes.ts';
import { PortMapping, PREFERRED_ADDRESS } from '../../model/bbs/messages/actual-lrp.ts';
import type { Container, ContainerOwner } from '../executor/executor.ts';
import type { CellState } from '../state.ts';
import type { Instance, Outcome, Whereabouts } from './bbs-calls.ts';
import { lrpRunRequest } from './run-request.ts';

type LrpOwner = Extract<ContainerOwner, { lifecycle: 'lrp' }>;

export const instanceOf = (owner: LrpOwner, cellId: string): Instance => ({
  key: { process_guid: owner.processGuid, index: owner.index, domain: owner.domain },
  instanceKey: { instance_guid: owner.instanceGuid, cell_id: cellId },
});

function whereaboutsOf(state: CellState, { allocation, address, ports, isRoutable }: Container) {
  const news = state.news.get(allocation.guid);
  const whereabouts: Whereabouts = {
    netInfo: {
      address,
      ports: ports.map(({ containerPort, hostPort }) =>
        PortMapping.create({ container_port: containerPort, host_port: hostPort }),
      ),
      instance_address: address,
      preferred_address: PREFERRED_ADDRESS.HOST,
      instance_ipv6_address: '',
    },
    isRoutable,
    zone: state.options.zone,
    internalRoutes: news?.internalRoutes ?? [],
    metricTags: news?.metricTags ?? new Map(),
  };
  return whereabouts;
}

async function drop(state: CellState, guid: string): Promise<void> {
  await state.executor.remove(guid);
  state.news.delete(guid);
  state.handedOver.delete(guid);
}

/** True when it went through. What was refused is in the log. */
function note(state: CellState, what: string, own: Instance, outcome: Outcome<unknown>): boolean {
  if (outcome.ok) return true;
  const { process_guid, index } = own.key;
  const { instance_guid } = own.instanceKey;
  state.ports.log.info(`rep.lrp.${what}-refused`, {
    'process-guid': process_guid,
    index,
    'instance-guid': instance_guid,
    ...outcome.error,
  });
  return false;
}

const isRefusedAs = (outcome: Outcome<unknown>, type: string): boolean =>
  !outcome.ok && outcome.error.type === type;

async function claimAndRun(state: CellState, guid: string, own: Instance): Promise<void> {
  const { calls, executor } = state;
  const claimed = await calls.claim(own);
  if (!note(state, 'claim', own, claimed)) {
    if (isRefusedAs(claimed, 'ActualLRPCannotBeClaimed')) await drop(state, guid);
    return;
  }
  const answer = await calls.desired(own.key.process_guid);
  const desired = answer.ok ? answer.value.desired_lrp : undefined;
  const request = desired && lrpRunRequest(desired);
  if (desired !== undefined && request !== undefined) {
    const { instance_guid } = own.instanceKey;
    state.news.set(guid, {
      internalRoutes: internalRoutesOf(desired) ?? [],
      metricTags: metricTagsFor(desired, own.key.index, instance_guid),
    });
    if (executor.run(guid, request) === undefined) return;
  }
  note(state, 'run', own, answer);
  note(state, 'remove', own, await calls.remove(own));
  await drop(state, guid);
}

/** Ordinary operation. */
async function processLrp(state: CellState, container: Container, own: Instance): Promise<void> {
  const { calls, executor } = state;
  const { guid } = container.allocation;
  switch (container.state) {
    case 'reserved':
      await claimAndRun(state, guid, own);
      return;
    case 'initializing':
    case 'created': {
      const claimed = await calls.claim(own);
      if (note(state, 'claim', own, claimed)) return;
      if (isRefusedAs(claimed, 'ActualLRPCannotBeClaimed')) await drop(state, guid);
      return;
    }
    case 'running': {
      const started = await calls.start(own, whereaboutsOf(state, container));
      if (note(state, 'start', own, started)) return;
      if (isRefusedAs(started, 'ActualLRPCannotBeStarted')) executor.stop(guid);
      return;
    }
    case 'completed': {
      const { result } = container;
      if (result?.isStopped === true) note(state, 'remove', own, await calls.remove(own));
      else note(state, 'crash', own, await calls.crash(own, result?.failureReason ?? ''));
      await drop(state, guid);
      return;
    }
  }
}

async function evacuateLrp(state: CellState, container: Container, own: Instance): Promise<void> {
  const { calls } = state;
  const { guid } = container.allocation;
  if (container.state === 'running') {
    if (!state.handedOver.has(guid)) {
      state.handedOver.add(guid);
      const { cellId } = state.options;
      state.executor.note(guid, `Cell ${cellId} requesting replacement for instance ${guid}`);
    }
    const answer = await calls.evacuateRunning(own, whereaboutsOf(state, container));
    // Without a word of the BBS it goes on serving: the next pass asks again.
    if (note(state, 'evacuate-running', own, answer) && answer.ok && answer.value.keep_container) {
      return;
    }
    if (isRefusedAs(answer, 'Unreachable')) return;
    await endEvacuated(state, guid);
    return;
  }
  const { result } = container;
  if (container.state !== 'completed') {
    note(state, 'evacuate-claimed', own, await calls.evacuateClaimed(own));
  } else if (result?.isStopped === true) {
    note(state, 'evacuate-stopped', own, await calls.evacuateStopped(own));
  } else {
    const reason = result?.failureReason ?? '';
    note(state, 'evacuate-crashed', own, await calls.evacuateCrashed(own, reason));
  }
  await drop(state, guid);
}

/** Its requests in hand are finished: it is stopped as any other instance, and then removed. */
async function endEvacuated(state: CellState, guid: string): Promise<void> {
  if (!state.executor.stop(guid)) await drop(state, guid);
}

/** `guid` is looked up now: what was true when the work was added may be over. */
export async function processLrpContainer(state: CellState, guid: string): Promise<void> {
  const container = state.executor.get(guid);
  if (container?.allocation.owner.lifecycle !== 'lrp') return;
  const own = instanceOf(container.allocation.owner, state.options.cellId);
  if (state.isEvacuating) await evacuateLrp(state, container, own);
  else await processLrp(state, container, own);
}
