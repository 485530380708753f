/** Every machine that is drawn and exported. A test compares the list with the files. */
import type { AnyStateMachine } from 'xstate';
import { auctioneerMachine } from '../../machines/auctioneer/auctioneer.machine.ts';
import { actualLrpMachine } from '../../machines/bbs/actual-lrp.machine.ts';
import { bbsHandlerMachine } from '../../machines/bbs/bbs-handler.machine.ts';
import { convergenceMachine } from '../../machines/bbs/convergence.machine.ts';
import { desiredLrpMachine } from '../../machines/bbs/desired-lrp.machine.ts';
import { domainMachine } from '../../machines/bbs/domain.machine.ts';
import { evacuationMachine } from '../../machines/bbs/evacuation.machine.ts';
import { imageMachine } from '../../machines/bbs/image.machine.ts';
import { presenceMachine } from '../../machines/bbs/presence.machine.ts';
import { receptorMachine } from '../../machines/bbs/receptor.machine.ts';
import { storeKeeperMachine } from '../../machines/bbs/store-keeper.machine.ts';
import { taskMachine } from '../../machines/bbs/task.machine.ts';
import { cellMachine } from '../../machines/cell/cell.machine.ts';
import { cellEvacuationMachine } from '../../machines/cell/cell-evacuation.machine.ts';
import { instanceMachine } from '../../machines/cell/instance.machine.ts';
import { fileServerMachine } from '../../machines/file-server/file-server.machine.ts';
import { supervisorMachine } from '../../machines/kernel/supervisor.machine.ts';
import { natsBrokerMachine } from '../../machines/messaging/nats-broker.machine.ts';
import { natsClientMachine } from '../../machines/messaging/nats-client.machine.ts';
import { broadcasterMachine } from '../../machines/route-emitter/broadcaster.machine.ts';
import { routeEmitterMachine } from '../../machines/route-emitter/route-emitter.machine.ts';
import { syncWatcherMachine } from '../../machines/route-emitter/sync-watcher.machine.ts';
import { componentRegistryMachine } from '../../machines/router/component-registry.machine.ts';
import { proxyMachine } from '../../machines/router/proxy.machine.ts';
import { prunerMachine } from '../../machines/router/pruner.machine.ts';
import { registrarMachine } from '../../machines/router/registrar.machine.ts';
import { routeTableMachine } from '../../machines/router/route-table.machine.ts';
import { routerMachine } from '../../machines/router/router.machine.ts';
import { statusMachine } from '../../machines/router/status.machine.ts';
import { workerMachine } from '../../machines/router/worker.machine.ts';

/** By the folder in `machines/`: which component it belongs to. */
export const MACHINES_BY_COMPONENT: Readonly<Record<string, readonly AnyStateMachine[]>> = {
  auctioneer: [auctioneerMachine],
  bbs: [
    actualLrpMachine,
    bbsHandlerMachine,
    convergenceMachine,
    desiredLrpMachine,
    domainMachine,
    evacuationMachine,
    imageMachine,
    presenceMachine,
    receptorMachine,
    storeKeeperMachine,
    taskMachine,
  ],
  cell: [cellEvacuationMachine, cellMachine, instanceMachine],
  'file-server': [fileServerMachine],
  kernel: [supervisorMachine],
  messaging: [natsBrokerMachine, natsClientMachine],
  'route-emitter': [broadcasterMachine, routeEmitterMachine, syncWatcherMachine],
  router: [
    componentRegistryMachine,
    proxyMachine,
    prunerMachine,
    registrarMachine,
    routeTableMachine,
    routerMachine,
    statusMachine,
    workerMachine,
  ],
};

/** By their ids. */
export const ALL_MACHINES: ReadonlyMap<string, AnyStateMachine> = new Map(
  Object.values(MACHINES_BY_COMPONENT)
    .flat()
    .map((machine) => [machine.id, machine]),
);
