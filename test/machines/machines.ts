import type { AnyStateMachine } from 'xstate';
import { supervisorMachine } from '../../machines/kernel/supervisor.machine.ts';
import { natsBrokerMachine } from '../../machines/messaging/nats-broker.machine.ts';
import { natsClientMachine } from '../../machines/messaging/nats-client.machine.ts';
import { componentRegistryMachine } from '../../machines/router/component-registry.machine.ts';
import { proxyMachine } from '../../machines/router/proxy.machine.ts';
import { prunerMachine } from '../../machines/router/pruner.machine.ts';
import { registrarMachine } from '../../machines/router/registrar.machine.ts';
import { routeTableMachine } from '../../machines/router/route-table.machine.ts';
import { routerMachine } from '../../machines/router/router.machine.ts';
import { statusMachine } from '../../machines/router/status.machine.ts';

/** Every machine of the project, by its id. */
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
};
