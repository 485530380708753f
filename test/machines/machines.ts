import type { AnyStateMachine } from 'xstate';
import { auctioneerMachine } from '../../machines/auctioneer/auctioneer.machine.ts';
import { bbsHandlerMachine } from '../../machines/bbs/bbs-handler.machine.ts';
import { convergenceMachine } from '../../machines/bbs/convergence.machine.ts';
import { imageMachine } from '../../machines/bbs/image.machine.ts';
import { presenceMachine } from '../../machines/bbs/presence.machine.ts';
import { receptorMachine } from '../../machines/bbs/receptor.machine.ts';
import { storeKeeperMachine } from '../../machines/bbs/store-keeper.machine.ts';
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

/** Every actor machine of the project, by its id. Those that are no actors: lifecycles.ts. */
export const MACHINES: Readonly<Record<string, AnyStateMachine>> = {
  supervisor: supervisorMachine,
  'nats-broker': natsBrokerMachine,
  'nats-client': natsClientMachine,
  'component-registry': componentRegistryMachine,
  proxy: proxyMachine,
  pruner: prunerMachine,
  registrar: registrarMachine,
  'route-table': routeTableMachine,
  router: routerMachine,
  status: statusMachine,
  worker: workerMachine,
  'store-keeper': storeKeeperMachine,
  image: imageMachine,
  'bbs-handler': bbsHandlerMachine,
  convergence: convergenceMachine,
  presence: presenceMachine,
  receptor: receptorMachine,
  auctioneer: auctioneerMachine,
  'file-server': fileServerMachine,
  cell: cellMachine,
  'cell-evacuation': cellEvacuationMachine,
  instance: instanceMachine,
  'route-emitter': routeEmitterMachine,
  'sync-watcher': syncWatcherMachine,
  broadcaster: broadcasterMachine,
};
